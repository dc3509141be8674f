/* Between the HTTP library and serve.h: the callbacks of one daemon. */
#ifndef L2LD_HTTP_CONNECTION_H
#define L2LD_HTTP_CONNECTION_H

#include <microhttpd.h>

#include "http/deadline.h"
#include "http/request.h"
#include "http/tls.h"

/* What the callbacks are given. */
struct connection_context {
	struct site site;
	struct deadlines *deadlines;
	struct tls *tls;	/* NULL: none is spoken */
};

/* Seconds without a byte. */
#define CONNECTION_SILENCE ((unsigned)DEADLINE_SILENCE)
#define CONNECTION_MEMORY (64u << 10)	/* bytes of the library's, each */

/* Keeps the raw address of a request: MHD_OPTION_URI_LOG_CALLBACK. */
void *
connection_target(void *cls, const char *target,
    struct MHD_Connection *connection);

/* MHD_AccessHandlerCallback. */
enum MHD_Result
connection_access(void *cls, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version,
    const char *upload_data, size_t *upload_data_size, void **con_cls);

/* MHD_OPTION_NOTIFY_COMPLETED. */
void
connection_completed(void *cls, struct MHD_Connection *connection,
    void **con_cls, enum MHD_RequestTerminationCode why);

/* MHD_OPTION_HTTPS_CERT_CALLBACK2. */
int
connection_certificate(gnutls_session_t session,
    const struct gnutls_cert_retr_st *info, gnutls_pcert_st **chain,
    unsigned *chain_len, gnutls_ocsp_data_st **ocsp, unsigned *ocsp_len,
    gnutls_privkey_t *key, unsigned *flags);

/* MHD_OPTION_NOTIFY_CONNECTION. */
void
connection_notify(void *cls, struct MHD_Connection *connection,
    void **socket_context, enum MHD_ConnectionNotificationCode what);

#endif
