#include "base/file.h"
#include "http/figures.h"
#include "http/handlers.h"
#include "job/server.h"

void
health_live(const struct request *rq, struct response *rs)
{
	(void)rq;
	response_json(rs, 200, json_pack("{s:s}", "status", "ok"));
}

void
health_ready(const struct request *rq, struct response *rs)
{
	long long room =
	    file_free_bytes(server_config(rq->server)->state_folder);
	int r;

	if (server_stopping(rq->server)) {
		response_error(rs, ERR_SHUTDOWN, "server");
		return;
	}
	r = store_probe(server_store(rq->server));
	if (r == 0 && (room < 0 || room >= FIGURES_RESERVE)) {
		response_json(rs, 200, json_pack("{s:s}", "status", "ready"));
		return;
	}
	response_header(rs, "Retry-After", "30");
	if (r < 0)
		response_problem(rs, 503, "database", "The database cannot be "
		    "written: %s.", err_text(r));
	else
		response_problem(rs, 503, "disk_reserve", "The disk of the "
		    "database has %lld bytes left; %lld are kept in reserve.",
		    room, FIGURES_RESERVE);
}
