#include "tests/store/fault_vfs.h"

#include <sqlite3.h>
#include <stdatomic.h>

#include "tests/store/shim_vfs.h"

static _Atomic int codes[FAULTS], skips[FAULTS];

/* Which fault meets this call; FAULTS: none. */
static enum fault
fault_of(const struct shim_call *call)
{
	bool log = (call->flags & SQLITE_OPEN_WAL) != 0;

	if (!log && (call->flags & SQLITE_OPEN_MAIN_DB) == 0)
		return FAULTS;
	switch (call->kind) {
	case SHIM_READ:
		return log ? FAULT_READ_LOG : FAULT_READ_DATABASE;
	case SHIM_WRITE:
		return log ? FAULT_WRITE_LOG : FAULT_WRITE_DATABASE;
	case SHIM_TRUNCATE:
		return log ? FAULT_CUT_LOG : FAULT_CUT_DATABASE;
	case SHIM_SYNC:
		return log ? FAULT_SYNC_LOG : FAULT_SYNC_DATABASE;
	case SHIM_MAP:
		return FAULT_MAP;
	default:
		return FAULTS;
	}
}

static int
before(const struct shim_call *call)
{
	enum fault fault = fault_of(call);

	if (fault == FAULTS || codes[fault] == 0 ||
	    atomic_fetch_sub(&skips[fault], 1) > 0)
		return SQLITE_OK;
	return codes[fault];
}

void
fault_begin(void)
{
	for (int i = 0; i < FAULTS; i++)
		codes[i] = 0;
	shim_begin(&(struct shim_hooks){ .before = before });
}

void
fault_end(void)
{
	shim_end();
}

void
fault_set(enum fault fault, int code, int skip)
{
	skips[fault] = skip;
	codes[fault] = code;
}
