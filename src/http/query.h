/* The part of an address after its question mark, read against a table of
 * parameters: an unknown name or a bad value is an error that names it. */
#ifndef L2LD_HTTP_QUERY_H
#define L2LD_HTTP_QUERY_H

#include "base/err.h"
#include "base/param.h"

#define QUERY_MAX 16	/* parameters of one request */

struct query_pair {
	const char *name, *value;	/* decoded, valid UTF-8, no controls */
};

struct query {
	int len;
	struct query_pair pairs[QUERY_MAX];
	char *text;		/* the pairs' memory */
};

/* Split and decode "a=1&b=x%20y"; NULL is the empty query.  Returns 0 (free it
 * with query_free), ERR_INVALID with a sentence, or ERR_MEMORY.  Empty parts
 * are skipped; a name given twice is an error. */
int
query_parse(struct query *query, const char *text, struct message *m);
void
query_free(struct query *query);

/* Set options from its defaults in table and the query.  A parameter without a
 * value counts as not given.  table has no lists and no groups.  Returns 0 or
 * ERR_INVALID with a sentence. */
int
query_read(const struct query *query, const struct param *table, void *options,
    struct message *m);

#endif
