/* The log's lines: their form whatever a text holds, floods, the journal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/log_flood.h"
#include "base/log_line.h"
#include "tests/run.h"

#define NOON 1769860800123

static const struct log_style logfmt = { LOG_LOGFMT, false };
static const struct log_style json = { LOG_JSON, false };
static const struct log_style journal = { LOG_LOGFMT, true };

static const char *
written(const struct log_style *style, enum log_level level,
    const struct log_field *fields, size_t count, const char *text)
{
	static char line[LOG_LINE + 1];
	size_t len = log_line_write(line, style, NOON, level, fields, count,
	    text);

	ck_assert_uint_le(len, LOG_LINE);
	line[len] = 0;
	ck_assert_uint_eq(strlen(line), len);
	return line;
}

START_TEST(forms)
{
	static const struct log_field fields[] = {
		{ .key = "job", .number = 3 },
		{ .key = "path", .text = "/api/v1/jobs" },
		{ .key = "ms", .number = 0.25 },
	};

	ck_assert_str_eq(written(&logfmt, LOG_INFO, NULL, 0, "up"),
	    "2026-01-31T12:00:00.123Z level=info msg=\"up\"\n");
	ck_assert_str_eq(written(&logfmt, LOG_ERROR, fields, 3, "a b"),
	    "2026-01-31T12:00:00.123Z level=error job=3 path=/api/v1/jobs "
	    "ms=0.25 msg=\"a b\"\n");
	ck_assert_str_eq(written(&journal, LOG_WARNING, fields, 1, "a"),
	    "<4>level=warn job=3 msg=\"a\"\n");
	ck_assert_str_eq(written(&json, LOG_DEBUG, fields, 3, "a"),
	    "{\"time\":\"2026-01-31T12:00:00.123Z\",\"level\":\"debug\","
	    "\"job\":3,\"path\":\"/api/v1/jobs\",\"ms\":0.25,\"msg\":\"a\"}\n");
}
END_TEST

/* What a client sends cannot be another key, another line, or anything that a
 * terminal acts on. */
START_TEST(hostile)
{
	static const struct {
		const char *text, *value;
	} cases[] = {
		{ "a\" level=error x=\"", "\"a\\\" level=error x=\\\"\"" },
		{ "a\nlevel=error", "\"a\\nlevel=error\"" },
		{ "a\rb\tc\x1b[2J\x7f",
		    "\"a\\u000db\\tc\\u001b[2J\\u007f\"" },
		{ "back\\slash", "\"back\\\\slash\"" },
		{ "\xc3\xa4 \xe2\x82\xac", "\"\xc3\xa4 \xe2\x82\xac\"" },
		{ "\xff\xc3(", "\"\\ufffd\\ufffd(\"" },
		{ "\xc2\x85\xe2\x80\xa8\xe2\x80\xae",
		    "\"\\u0085\\u2028\\u202e\"" },
		{ "", "\"\"" },
		{ "k=v", "\"k=v\"" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct log_field field = { .key = "path",
		    .text = cases[i].text };
		char expected[256];

		snprintf(expected, sizeof expected, "<6>level=info path=%s "
		    "msg=%s\n", cases[i].value, cases[i].value);
		ck_assert_str_eq(written(&journal, LOG_INFO, &field, 1,
		    cases[i].text), expected);
	}
}
END_TEST

/* However long, a line ends as it should and holds its message's key. */
START_TEST(long_texts)
{
	struct log_field fields[6];
	char text[3000];
	const char *line;
	size_t len;

	for (int kind = 0; kind < 2; kind++) {
		memset(text, kind == 0 ? 'a' : '\x01', sizeof text - 1);
		text[sizeof text - 1] = 0;
		for (int i = 0; i < 6; i++)
			fields[i] = (struct log_field){ .key = "key",
			    .text = text };
		for (size_t n = 0; n <= 6; n++) {
			line = written(&logfmt, LOG_INFO, fields, n, text);
			len = strlen(line);
			ck_assert_str_eq(line + len - 2, "\"\n");
			ck_assert_ptr_nonnull(strstr(line, " msg=\""));
			line = written(&json, LOG_INFO, fields, n, text);
			len = strlen(line);
			ck_assert_str_eq(line + len - 3, "\"}\n");
			ck_assert_ptr_nonnull(strstr(line, ",\"msg\":\""));
		}
	}
}
END_TEST

START_TEST(floods)
{
	struct log_flood flood = { 0 };
	struct log_flood_line line;
	int passed = 0;

	for (int i = 0; i < 1000; i++)
		passed += log_flood_pass(&flood, 100, 7, LOG_ERROR, "again");
	ck_assert_int_eq(passed, LOG_FLOOD_LINES);
	/* Another line is not held back by it. */
	ck_assert(log_flood_pass(&flood, 100, 8, LOG_INFO, "other"));
	ck_assert(!log_flood_over(&flood, 100 + LOG_FLOOD_SECONDS / 2, &line));
	ck_assert(log_flood_over(&flood, 100 + LOG_FLOOD_SECONDS, &line));
	ck_assert_str_eq(line.text, "again");
	ck_assert_int_eq(line.level, LOG_ERROR);
	ck_assert_uint_eq(line.count, 1000 - LOG_FLOOD_LINES);
	ck_assert(!log_flood_over(&flood, 100 + LOG_FLOOD_SECONDS, &line));
	ck_assert(log_flood_pass(&flood, 200, 7, LOG_ERROR, "again"));
	/* More different lines than places: all pass. */
	for (uint64_t h = 100; h < 100 + 2 * LOG_FLOOD_PLACES; h++)
		ck_assert(log_flood_pass(&flood, 200, h, LOG_INFO, "many"));
}
END_TEST

/* What the log's functions write into a pipe in place of standard error. */
static char captured[65536];

static void
capture(void (*write_lines)(void), bool in_journal)
{
	char stream[64];
	struct stat st;
	int ends[2], was = dup(STDERR_FILENO);
	ssize_t len;

	ck_assert_int_eq(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	fstat(STDERR_FILENO, &st);
	snprintf(stream, sizeof stream, "%llu:%llu",
	    (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino + (in_journal ? 0 : 1));
	setenv("JOURNAL_STREAM", stream, 1);
	log_start();
	write_lines();
	dup2(was, STDERR_FILENO);
	close(was);
	len = read(ends[0], captured, sizeof captured - 1);
	ck_assert_int_ge(len, 0);
	captured[len] = 0;
	close(ends[0]);
}

static void
some_lines(void)
{
	log_set_level(LOG_INFO);
	log_debug("not this");
	log_job(LOG_WARNING, 5, "is %s", "late");
	for (int i = 0; i < 100; i++)
		log_info("the same");
	log_flush();
}

START_TEST(journal_stream)
{
	int lines = 0;

	capture(some_lines, true);
	ck_assert_int_eq(strncmp(captured, "<4>level=warn job=5 msg=\"is late\""
	    "\n<6>level=info msg=\"the same\"\n", 61), 0);
	for (const char *p = captured; *p != 0; p++)
		lines += *p == '\n';
	ck_assert_int_eq(lines, 1 + LOG_FLOOD_LINES + 1);
	ck_assert_ptr_nonnull(strstr(captured,
	    "<6>level=info repeated=90 msg=\"the same\"\n"));
	/* Standard error is something else than JOURNAL_STREAM says. */
	capture(some_lines, false);
	ck_assert_int_eq(captured[0], '2');
	ck_assert_ptr_nonnull(strstr(captured, "Z level=warn job=5 msg=\"is "
	    "late\"\n"));
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_test(tcase, forms);
	tcase_add_test(tcase, hostile);
	tcase_add_test(tcase, long_texts);
	tcase_add_test(tcase, floods);
	tcase_add_test(tcase, journal_stream);
}

int
main(void)
{
	return run_tests("log", add);
}
