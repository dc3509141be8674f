#include <config.h>

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "daemon/command.h"
#include "http/http.h"
#include "job/server.h"
#include "num/blas.h"

static void
log_machine(void)
{
	struct blas_info blas;

	blas_info(&blas);
	log_info("OpenBLAS runs its %s kernels", blas.core);
	if (blas.warning[0] != 0)
		log_warning("%s", blas.warning);
}

/* Its first line on standard output; nobody may be reading it. */
static void
announce(const struct options *o, int port)
{
	bool six = strchr(o->address, ':') != NULL;

	printf("l2ld %s ready: http://%s%s%s:%d/\n", PACKAGE_VERSION,
	    six ? "[" : "", o->address, six ? "]" : "", port);
	fflush(stdout);
}

int
serve_open(const struct options *o, struct server *server, struct http **http,
    struct message *m)
{
	const char *hosts[OPTIONS_HOSTS_MAX + 1] = { NULL };
	struct http_config config = { .address = o->address, .port = o->port,
	    .hosts = hosts, .server = server };
	int r;

	for (int i = 0; i < o->hosts_len; i++)
		hosts[i] = o->hosts[i];
	r = http_start(&config, http, m);
	if (r == 0)
		announce(o, http_port(*http));
	return r;
}

int
command_serve(const struct options *o)
{
	struct server_config config = {
		.state_folder = o->state, .data_folder = o->data,
		.workers = o->workers, .threads_per_job = o->threads,
	};
	struct message m = { "" };
	struct server *server;
	struct http *http = NULL;
	int r;

	log_machine();
	r = server_new(&config, &server, &m);
	if (r == 0)
		r = server_start(server, 0, &m);
	if (r == 0)
		r = serve_open(o, server, &http, &m);
	if (r == 0) {
		signals_wait(-1);
		log_info("ending: running jobs go back to the queue");
	} else {
		log_error("%s", m.text);
	}
	http_drain(http);
	server_stop(server);
	http_stop(http);
	server_free(server);
	return r == 0 ? STATUS_OK : STATUS_FAILED;
}
