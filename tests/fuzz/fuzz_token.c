/* Fuzzing of the token's file: it is refused with a sentence, or the token in it
 * is the one text that is accepted.  The input is shown as a token, too. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* memfd_create */
#endif

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/token.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct token *token)
{
	char other[TOKEN_MAX + 2];

	if (token->len < TOKEN_MIN || token->len > TOKEN_MAX ||
	    strlen(token->text) != token->len || !token_is(token, token->text))
		abort();
	for (size_t i = 0; i < token->len; i++) {
		strcpy(other, token->text);
		other[i] ^= 1;
		if (token_is(token, other))
			abort();
		other[i] = 0;
		if (token_is(token, other))
			abort();
	}
	snprintf(other, sizeof other, "%s.", token->text);
	if (token_is(token, other) || token_is(&(struct token){ 0 },
	    token->text))
		abort();
}

/* As it comes in a header: whatever is shown, it is the token only if it is the
 * file's first line. */
static void
show(const struct token *token, const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (text == NULL)
		return;
	memcpy(text, data, size);
	text[size] = 0;
	if (token_is(token, text) != (token->len > 0 &&
	    strcmp(token->text, text) == 0))
		abort();
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz_token", MFD_CLOEXEC), r;
	struct message m = { "" };
	struct token token;
	char path[64];

	if (fd < 0 || fchmod(fd, 0600) < 0 ||
	    write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	r = token_read(&token, path, &m);
	if (r == 0)
		check(&token);
	else if (m.text[0] == 0 || token.len != 0)
		abort();
	show(&token, data, size);
	close(fd);
	return 0;
}
