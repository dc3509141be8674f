/* The certificate that the server shows, and its key.
 *
 * The HTTP library takes bytes and says nothing of what is wrong with them, and
 * it cannot take others later.  So the files are read here, and the library asks
 * for what is in effect at each handshake. */
#ifndef L2LD_HTTP_TLS_H
#define L2LD_HTTP_TLS_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

#include "base/err.h"

/* TLS 1.2 and 1.3, ciphers that authenticate, keys that are forgotten. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:" \
    "-CIPHER-ALL:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:" \
    "%SERVER_PRECEDENCE"

struct tls;

/* For these PEM files, whose names must live as long: the certificate with those
 * that lead to its root after it, and its key, which may not be open to all
 * users.  NULL without memory.  Nothing is read yet. */
struct tls *
tls_new(const char *certificate, const char *key);

/* Read the files, once more too.  0, or an error with a sentence that names the
 * file and says what to do; then it stays as it was. */
int
tls_load(struct tls *tls, struct message *m);

/* No handshake may be under way.  Accepts NULL. */
void
tls_free(struct tls *tls);

/* A gnutls_certificate_retrieve_function3, but for its tls: copies that GnuTLS
 * frees. */
int
tls_retrieve(struct tls *tls, gnutls_pcert_st **chain, unsigned *chain_len,
    gnutls_privkey_t *key, unsigned *flags);

#endif
