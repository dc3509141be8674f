/* A snapshot as JSON, with the names that clients rely on. */
#ifndef L2LD_HTTP_SNAPSHOT_JSON_H
#define L2LD_HTTP_SNAPSHOT_JSON_H

#include <jansson.h>

#include "store/snapshots.h"

/* A new reference, NULL when memory is out.  size is the bytes of its weights. */
json_t *
snapshot_json(const struct snapshot_row *row);

#endif
