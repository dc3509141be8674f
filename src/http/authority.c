#include "http/authority.h"

#include <string.h>
#include <strings.h>

/* What follows "Bearer", NULL: another scheme. */
static const char *
bearer(const char *value)
{
	if (strncasecmp(value, "Bearer ", 7) != 0)
		return NULL;
	value += 7;
	return value + strspn(value, " ");
}

static bool
shows_token(struct site *site, const char *value)
{
	const char *text = value != NULL ? bearer(value) : NULL;
	bool same;

	if (text == NULL)
		return false;
	pthread_rwlock_rdlock(&site->lock);
	same = token_is(&site->token, text);
	pthread_rwlock_unlock(&site->lock);
	return same;
}

bool
authority_check(struct site *site, enum authority wanted,
    const struct gate_head *head, struct peer *peer, struct response *rs)
{
	const char *value = gate_header(head, "Authorization", NULL);

	if (wanted == AUTHORITY_NONE || shows_token(site, value) ||
	    peer_trusted(peer))
		return true;
	response_header(rs, "WWW-Authenticate", "Bearer realm=\"l2ld\"%s",
	    value != NULL ? ", error=\"invalid_token\"" : "");
	response_problem(rs, 401, value != NULL ? "token_wrong" :
	    "token_required", "%s Send the server's token as "
	    "\"Authorization: Bearer TOKEN\". It stands in a file that `l2ld "
	    "token`, run by the server's user, names; ask whoever that is.",
	    value != NULL ? "This is not the token." : "Only the user who "
	    "runs the server, on its own machine, needs no token.");
	return false;
}

int
authority_read_token(struct token *token, const char *path, bool loopback,
    struct message *m)
{
	int r = 0;

	*token = (struct token){ 0 };
	if (path == NULL && !loopback)
		return message_set(m, ERR_INVALID, "other machines can reach "
		    "this address: it needs a token file (--token)");
	if (path == NULL)
		return 0;
	if (loopback)
		r = token_make(path, m);
	if (r == 0)
		r = token_read(token, path, m);
	if (r == ERR_NOT_FOUND && !loopback)
		message_set(m, r, "other machines can reach this address, but "
		    "there is no token that keeps them out: `l2ld token`, with "
		    "the same --state and --token, makes %.200s", path);
	return r;
}
