#include "http/http.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/authority.h"
#include "http/connection.h"
#include "http/framing.h"
#include "http/listen.h"

/* A connection's thread needs little; the sanitizers' frames are larger. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK (8u << 20)
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define STACK (8u << 20)
#endif
#endif
#ifndef STACK
#define STACK (512u << 10)
#endif

#define DRAIN_SECONDS 2.0	/* for answers under way at the end */

/* The gate judges what old versions of the library let pass, and says what is
 * wrong better than they do; new ones refuse by themselves what it cannot see. */
#if MHD_VERSION >= 0x00097601
#define STRICTNESS MHD_OPTION_CLIENT_DISCIPLINE_LVL
#else
#define STRICTNESS MHD_OPTION_STRICT_FOR_CLIENT
#endif

struct http {
	struct connection_context context;
	struct MHD_Daemon *daemon;
	struct http_config config;
	bool loopback;		/* only this machine can reach it */
	int port;
	int fd;			/* it listens here */
	/* Of http_silent_seconds: when nobody waited to be accepted, or somebody
	 * was, and how many had been. */
	double accepting;
	uint64_t accepted;
};

static int
http_run(struct http *http, int fd, struct message *m)
{
	struct connection_context *context = &http->context;
	struct MHD_OptionItem plain[] = { { MHD_OPTION_END, 0, NULL } };
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_PRIORITIES, 0,
		    (void *)(uintptr_t)TLS_PRIORITIES },
		{ MHD_OPTION_HTTPS_CERT_CALLBACK2, 0,
		    (void *)(uintptr_t)connection_certificate },
		{ MHD_OPTION_END, 0, NULL },
	};

	http->daemon = MHD_start_daemon(
	    MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
	    MHD_USE_POLL | MHD_USE_ITC |
	    (context->tls != NULL ? MHD_USE_TLS : 0), 0, NULL, NULL,
	    connection_access, context,
	    MHD_OPTION_ARRAY, context->tls != NULL ? tls : plain,
	    MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)DEADLINE_PLACES,
	    MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_SILENCE,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
	    MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK,
	    STRICTNESS, framing_in_place(MHD_get_version()) ? 0 : 1,
	    MHD_OPTION_URI_LOG_CALLBACK, connection_target, NULL,
	    MHD_OPTION_NOTIFY_COMPLETED, connection_completed, NULL,
	    MHD_OPTION_NOTIFY_CONNECTION, connection_notify, context,
	    MHD_OPTION_END);
	if (http->daemon == NULL)
		return message_set(m, ERR_IO, "cannot start the HTTP server");
	http->fd = fd;
	http->accepting = clock_seconds();
	return 0;
}

static void
http_free(struct http *http)
{
	struct site *site = &http->context.site;

	tls_free(http->context.tls);
	explicit_bzero(&site->token, sizeof site->token);
	pthread_rwlock_destroy(&site->lock);
	free(http);
}

int
http_reload(struct http *http, const char *const *hosts, struct message *m)
{
	struct site *site = &http->context.site;
	struct token token;
	struct gate gate;
	int r = gate_init(&gate, http->config.address, http->port, hosts, m);

	if (r == 0)
		r = authority_read_token(&token, http->config.token,
		    http->loopback, m);
	/* The certificate last: once it is replaced nothing can fail. */
	if (r == 0 && http->context.tls != NULL)
		r = tls_load(http->context.tls, m);
	if (r < 0)
		return r;
	pthread_rwlock_wrlock(&site->lock);
	site->gate = gate;
	site->token = token;
	pthread_rwlock_unlock(&site->lock);
	explicit_bzero(&token, sizeof token);
	return 0;
}

/* Be ready to speak TLS, if that is wanted. */
static int
http_encrypt(struct http *http, struct message *m)
{
	const char *certificate = http->config.certificate;
	const char *key = http->config.key;

	if (certificate == NULL && key == NULL)
		return 0;
	if (certificate == NULL || key == NULL)
		return message_set(m, ERR_INVALID, "--%s needs --%s too",
		    key == NULL ? "certificate" : "key",
		    key == NULL ? "key" : "certificate");
	http->context.tls = tls_new(certificate, key);
	if (http->context.tls == NULL)
		return message_set(m, ERR_MEMORY, "out of memory");
	return 0;
}

int
http_start(const struct http_config *config, struct http **out,
    struct message *m)
{
	struct http *http = calloc(1, sizeof *http);
	struct site *site;
	int r, fd = -1;

	*out = NULL;
	if (http == NULL)
		return message_set(m, ERR_MEMORY, "out of memory");
	http->config = *config;
	site = &http->context.site;
	pthread_rwlock_init(&site->lock, NULL);
	site->server = config->server;
	site->started = clock_seconds();
	site->started_at = (double)clock_now() / 1000;
	r = listen_open(config->address, config->port, &fd, &http->port,
	    &http->loopback, m);
	if (r < 0)
		goto out;
	r = http_encrypt(http, m);
	if (r == 0)
		r = http_reload(http, config->hosts, m);
	if (r < 0)
		goto out;
	if (!http->loopback && http->context.tls == NULL)
		log_warning("other machines can reach %s, and the token "
		    "travels in clear: --certificate and --key encrypt it",
		    config->address);
	r = deadlines_new(&http->context.deadlines);
	if (r < 0) {
		message_set(m, r, "cannot start a thread");
		goto out;
	}
	site->deadlines = http->context.deadlines;
	r = http_run(http, fd, m);
	if (r < 0)
		goto out;
	*out = http;
out:
	if (r < 0) {
		if (fd >= 0)
			close(fd);
		deadlines_free(http->context.deadlines);
		http_free(http);
	}
	return r;
}

int
http_port(const struct http *http)
{
	return http->port;
}

double
http_silent_seconds(struct http *http)
{
	struct pollfd waiting = { .fd = http->fd, .events = POLLIN };
	struct deadline_counts counts;
	double now = clock_seconds(), silent;

	deadlines_count(http->context.deadlines, &counts);
	/* With all places taken nobody is accepted, and rightly so. */
	if (poll(&waiting, 1, 0) <= 0 || counts.accepted != http->accepted ||
	    counts.held >= DEADLINE_PLACES)
		http->accepting = now;
	http->accepted = counts.accepted;
	silent = now - http->accepting;
	return silent > counts.silent_seconds ? silent :
	    counts.silent_seconds;
}

void
http_drain(struct http *http)
{
	if (http == NULL)
		return;
	atomic_store(&http->context.site.stopping, true);
	store_wake(server_store(http->context.site.server));
}

void
http_stop(struct http *http)
{
	double until = clock_seconds() + DRAIN_SECONDS;
	MHD_socket fd;

	if (http == NULL)
		return;
	http_drain(http);
	fd = MHD_quiesce_daemon(http->daemon);
	if (fd != MHD_INVALID_SOCKET)
		close(fd);
	while (deadlines_busy(http->context.deadlines) > 0 &&
	    clock_seconds() < until)
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	MHD_stop_daemon(http->daemon);
	deadlines_free(http->context.deadlines);
	http_free(http);
}
