#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "daemon/command.h"
#include "daemon/service.h"
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

/* Its first line on standard output, which nobody may be reading; and a line
 * beside the database, for l2ld backup. */
static void
announce(const struct options *o, struct server *server, int port)
{
	bool six = strchr(o->address, ':') != NULL;
	const char *address = o->address;
	char url[sizeof o->address + 32];

	/* "All addresses" is none to ask at; this machine can use its own. */
	if (strcmp(address, "0.0.0.0") == 0)
		address = "127.0.0.1";
	else if (strcmp(address, "::") == 0)
		address = "::1";
	snprintf(url, sizeof url, "http%s://%s%s%s:%d/",
	    o->certificate[0] != 0 ? "s" : "", six ? "[" : "", address,
	    six ? "]" : "", port);
	store_announce(server_store(server), url);
	printf("l2ld %s ready: %s\n", PACKAGE_VERSION, url);
	fflush(stdout);
}

#define MIB (INT64_C(1) << 20)

void
serve_config(const struct options *o, struct server_config *config)
{
	*config = (struct server_config){
		.state_folder = o->state, .data_folder = o->data,
		.workers = o->workers, .threads_per_job = o->threads,
		.memory = o->memory * MIB, .job_memory = o->job_memory * MIB,
		.disk = o->disk * MIB, .job_disk = o->job_disk * MIB,
		.disk_reserve = o->disk_reserve * MIB,
	};
}

void
service_hosts(const struct options *o, struct service_hosts *hosts)
{
	*hosts = (struct service_hosts){ { NULL } };
	for (int i = 0; i < o->hosts_len; i++)
		hosts->list[i] = o->hosts[i];
}

int
serve_open(const struct options *o, struct server *server, struct http **http,
    struct message *m)
{
	struct service_hosts hosts;
	struct http_config config = { .address = o->address, .port = o->port,
	    .hosts = hosts.list, .token = o->token,
	    .certificate = o->certificate[0] != 0 ? o->certificate : NULL,
	    .key = o->key[0] != 0 ? o->key : NULL, .server = server };
	int r;

	service_hosts(o, &hosts);
	r = http_start(&config, http, m);
	if (r == 0)
		announce(o, server, http_port(*http));
	return r;
}

/* Until a signal ends it, or the database cannot be trusted any more. */
static int
serve(struct service *service)
{
	for (;;) {
		int signal = signals_wait(WATCH_SECONDS);

		if (signal == SIGHUP) {
			service_reload(service);
		} else if (signal != 0) {
			log_info("ending: running jobs go back to the queue");
			return STATUS_OK;
		}
		if (!service_watch(service)) {
			server_hurry(service->server);
			return STATUS_FAILED;
		}
	}
}

int
command_serve(const struct options *o, int argc, char **argv)
{
	struct server_config config;
	struct service service = { .options = *o, .argc = argc, .argv = argv };
	struct message m = { "" };
	int r, status = STATUS_FAILED;

	log_machine();
	serve_config(o, &config);
	r = server_new(&config, &service.server, &m);
	if (r == 0)
		r = server_start(service.server, 0, &m);
	if (r == 0)
		r = serve_open(o, service.server, &service.http, &m);
	if (r == 0) {
		service_watch_start(&service);
		status = serve(&service);
	} else {
		log_error("%s", m.text);
	}
	service_end(service.server, service.http, status);
	return status;
}
