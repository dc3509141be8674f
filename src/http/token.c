#include "http/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/file.h"

#define TOKEN_BYTES 32		/* 256 bits */
#define TOKEN_FILE_MAX 4096
/* What may stand in a header after "Bearer" (RFC 6750, 2.1). */
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
    "0123456789-._~+/="

int
token_make(const char *path, struct message *m)
{
	unsigned char bytes[TOKEN_BYTES];
	char text[2 * TOKEN_BYTES + 2], *data;
	size_t len;
	int r;

	/* Not even a file that cannot be read is replaced: token_read says what
	 * is wrong with it. */
	r = file_read(path, TOKEN_FILE_MAX, &data, &len, NULL);
	if (r != ERR_NOT_FOUND) {
		free(data);
		return 0;
	}
	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		return message_set(m, ERR_IO, "the system gives no random "
		    "bytes for a token");
	for (int i = 0; i < TOKEN_BYTES; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
	strcpy(text + 2 * TOKEN_BYTES, "\n");
	r = file_write_secret(path, text, strlen(text), m);
	explicit_bzero(bytes, sizeof bytes);
	explicit_bzero(text, sizeof text);
	/* Another process may have been quicker. */
	return r == ERR_CONFLICT ? 0 : r;
}

int
token_read(struct token *token, const char *path, struct message *m)
{
	size_t len, room;
	char *data;
	int r = file_read_secret(path, TOKEN_FILE_MAX, 077, &data, &room, m);

	*token = (struct token){ 0 };
	if (r < 0)
		return r;
	len = strcspn(data, "\r\n");
	if (len + strspn(data + len, "\r\n") != room ||
	    strspn(data, LETTERS) != len)
		r = message_set(m, ERR_FORMAT, "%s is no token file: it must "
		    "hold one line of letters, digits and -._~+/=", path);
	else if (len < TOKEN_MIN || len > TOKEN_MAX)
		r = message_set(m, ERR_FORMAT, "the token in %s has %zu "
		    "characters; it must have from %d to %d", path, len,
		    TOKEN_MIN, TOKEN_MAX);
	if (r == 0) {
		memcpy(token->text, data, len);
		token->len = len;
	}
	explicit_bzero(data, room);
	free(data);
	return r;
}

bool
token_is(const struct token *token, const char *text)
{
	size_t len = strnlen(text, TOKEN_MAX + 1);
	volatile unsigned char different = len != token->len;

	/* Past its end a text is compared with its own NUL, so that the number
	 * of steps is the same for all. */
	for (size_t i = 0; i < TOKEN_MAX; i++)
		different |= (unsigned char)(token->text[i] ^
		    text[i < len ? i : len]);
	return token->len > 0 && !different;
}
