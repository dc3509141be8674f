/* Error codes have names; sentences fit, or are cut. */
#include <string.h>

#include "base/err.h"
#include "tests/run.h"

START_TEST(every_code_has_a_name)
{
	for (int code = ERR_SHUTDOWN; code < 0; code++) {
		const char *text = err_text(code);

		ck_assert_str_ne(text, "");
		for (int other = code + 1; other < 0; other++)
			ck_assert_str_ne(text, err_text(other));
	}
	ck_assert_ptr_nonnull(err_text(0));
	ck_assert_ptr_nonnull(err_text(-1000));
	ck_assert_ptr_nonnull(err_text(1000));
}
END_TEST

START_TEST(sentences)
{
	struct message m = { "before" };
	char text[1000];

	ck_assert_int_eq(message_set(&m, ERR_FORMAT, "%d %s", 3, "bytes"),
	    ERR_FORMAT);
	ck_assert_str_eq(m.text, "3 bytes");
	ck_assert_int_eq(message_set(NULL, ERR_IO, "%s", "nobody asked"),
	    ERR_IO);
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = 0;
	message_set(&m, ERR_IO, "%s", text);
	ck_assert_uint_eq(strlen(m.text), sizeof m.text - 1);
	ck_assert_mem_eq(m.text, text, sizeof m.text - 1);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_test(tcase, every_code_has_a_name);
	tcase_add_test(tcase, sentences);
}

int
main(void)
{
	return run_tests("err", add);
}
