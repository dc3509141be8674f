/* A copy of the database as an answer. */
#include <time.h>

#include "base/file.h"
#include "http/figures.h"
#include "http/handlers.h"
#include "job/server.h"

/* The copy takes the place of the file it comes from; 507 unless that leaves the
 * reserve. */
static bool
backup_room(const struct request *rq, struct response *rs)
{
	const struct server_config *config = server_config(rq->server);
	long long room = file_free_bytes(config->state_folder);
	struct store_size size;
	long long need;

	store_size(server_store(rq->server), &size);
	need = (long long)(size.database + size.wal);
	if (room < 0 || room - config->disk_reserve >= need)
		return true;
	response_problem(rs, 507, "disk_reserve", "A backup takes %lld bytes "
	    "beside the database until it was sent; its disk has %lld left, of "
	    "which %lld are kept in reserve. Make room and try again.", need,
	    room, (long long)config->disk_reserve);
	return false;
}

static void
backup_failed(struct response *rs, int error, const struct message *m)
{
	if (error == ERR_CONFLICT) {
		response_header(rs, "Retry-After", "10");
		response_problem(rs, 409, "backup_running", "Another backup is "
		    "being made; try again when it is done.");
	} else if (error == ERR_IO) {
		response_problem(rs, 500, "backup_failed", "There is no "
		    "backup: %s.", m->text);
	} else {
		response_error(rs, error, "backup");
	}
}

void
backup_make(const struct request *rq, struct response *rs)
{
	struct message m = { "" };
	time_t now = time(NULL);
	char name[64];
	struct tm tm;
	int64_t size;
	int fd, r;

	if (!backup_room(rq, rs))
		return;
	r = server_backup(rq->server, &fd, &size, &m);
	if (r < 0) {
		backup_failed(rs, r, &m);
		return;
	}
	gmtime_r(&now, &tm);
	strftime(name, sizeof name, "l2ld-%Y%m%dT%H%M%SZ.sqlite", &tm);
	response_header(rs, "Content-Disposition",
	    "attachment; filename=\"%s\"", name);
	response_file(rs, 200, "application/vnd.sqlite3", fd, (uint64_t)size);
}
