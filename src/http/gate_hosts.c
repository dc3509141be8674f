/* The names this server answers to. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http/gate.h"

static int
gate_add(struct gate *gate, const char *host, int port, struct message *m)
{
	char *to = gate->hosts[gate->len];
	int len;

	if (gate->len == GATE_HOSTS_MAX)
		return message_set(m, ERR_LIMIT, "more than %d names of hosts "
		    "are allowed", GATE_HOSTS_MAX);
	len = port > 0 ? snprintf(to, GATE_HOST_LEN, "%s:%d", host, port) :
	    snprintf(to, GATE_HOST_LEN, "%s", host);
	if (len >= GATE_HOST_LEN)
		return message_set(m, ERR_LIMIT, "the name of an allowed host "
		    "is too long: %.40s...", host);
	gate->len++;
	return 0;
}

/* A name with the server's port, and without it where it is the protocol's
 * own. */
static int
gate_add_name(struct gate *gate, const char *host, int port, struct message *m)
{
	int r = gate_add(gate, host, port, m);

	if (r == 0 && (port == 80 || port == 443))
		r = gate_add(gate, host, 0, m);
	return r;
}

static bool
names_port(const char *host)
{
	const char *end = strrchr(host, ']');

	return strchr(end != NULL ? end : host, ':') != NULL;
}

int
gate_init(struct gate *gate, const char *address, int port,
    const char *const *extra, struct message *m)
{
	const char *names[4] = { "127.0.0.1", "localhost", "[::1]" };
	char bound[GATE_HOST_LEN];
	bool bare = strchr(address, ':') != NULL && address[0] != '[';
	int r = 0;

	*gate = (struct gate){ 0 };
	snprintf(bound, sizeof bound, bare ? "[%s]" : "%s", address);
	names[3] = bound;
	/* "All addresses" is none that a client should call it by. */
	if (strcmp(bound, "0.0.0.0") == 0 || strcmp(bound, "[::]") == 0)
		names[3] = NULL;
	for (int i = 0; i < 4 && names[i] != NULL && r == 0; i++)
		r = gate_add_name(gate, names[i], port, m);
	for (int i = 0; extra != NULL && extra[i] != NULL && r == 0; i++) {
		r = gate_add(gate, extra[i], 0, m);
		if (r == 0 && !names_port(extra[i]))
			r = gate_add(gate, extra[i], port, m);
	}
	return r;
}

bool
gate_knows(const struct gate *gate, const char *host)
{
	for (int i = 0; i < gate->len; i++)
		if (strcasecmp(gate->hosts[i], host) == 0)
			return true;
	return false;
}
