/* The token: who shows it may do everything.
 *
 * It is a text of TOKEN_MIN to TOKEN_MAX characters in a file that only its
 * owner may read; token_make writes 256 random bits in hexadecimal.  It is never
 * logged and stands in no answer. */
#ifndef L2LD_HTTP_TOKEN_H
#define L2LD_HTTP_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define TOKEN_MIN 43	/* characters: 256 bits in base64 */
#define TOKEN_MAX 128

/* All zero is no token, which nobody can show. */
struct token {
	size_t len;
	char text[TOKEN_MAX + 1];
};

/* Make the file, unless there is one.  0, ERR_IO or ERR_FULL with a sentence. */
int
token_make(const char *path, struct message *m);

/* Read the file.  0; ERR_NOT_FOUND; ERR_INVALID when others could have read it,
 * ERR_FORMAT when it holds something else; ERR_IO, ERR_MEMORY; with a sentence
 * that does not tell the content. */
int
token_read(struct token *token, const char *path, struct message *m);

/* Whether text is the token; the time that this takes does not depend on where
 * they differ. */
bool
token_is(const struct token *token, const char *text);

#endif
