/* l2ld check [FILE]: is a database sound?  It is only read. */
#include <stdio.h>

#include "daemon/command.h"
#include "job/formats.h"
#include "store/store.h"

static void
looked(void *arg, const char *what, int64_t count)
{
	(void)arg;
	printf("%12lld  %s\n", (long long)count, what);
}

static void
found(void *arg, const char *text)
{
	(void)arg;
	printf("WRONG: %s\n", text);
}

int
command_check(const struct options *o, const char *path)
{
	char database[OPTIONS_PATH_MAX + 32];
	struct store_check check = { .path = path, .digest = formats_sha256,
		.looked = looked, .found = found };
	struct message m = { "" };

	signals_default();
	if (path == NULL) {
		snprintf(database, sizeof database, "%s/l2ld.sqlite",
		    o->state);
		check.path = database;
	}
	if (store_check(&check, &m) < 0) {
		fflush(stdout);
		fprintf(stderr, "l2ld: %s\n", m.text);
		return STATUS_FAILED;
	}
	if (check.findings > 0) {
		printf("%s: %lld findings; nothing was changed\n", check.path,
		    (long long)check.findings);
		return STATUS_FAILED;
	}
	printf("%s is sound\n", check.path);
	return STATUS_OK;
}
