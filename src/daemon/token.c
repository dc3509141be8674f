/* l2ld token: where the token is, and that there is one. */
#include <stdio.h>

#include "base/file.h"
#include "daemon/command.h"
#include "http/token.h"

int
command_token(const struct options *o)
{
	struct message m = { "" };
	struct token token;
	int r = file_make_folder(o->state, &m);

	if (r == 0)
		r = token_make(o->token, &m);
	if (r == 0)
		r = token_read(&token, o->token, &m);
	if (r < 0) {
		fprintf(stderr, "l2ld: %s\n", m.text);
		return STATUS_FAILED;
	}
	printf("%s\n", o->token);
	return STATUS_OK;
}
