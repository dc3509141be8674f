#include "http/tls.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"

#define PEM_MAX (256 * 1024)
#define CHAIN_MAX 16
#define ID_MAX 64

/* What the files hold. */
struct pair {
	gnutls_x509_crt_t *chain;	/* GnuTLS allocates it */
	unsigned chain_len;
	gnutls_x509_privkey_t key;
};

struct tls {
	const char *certificate, *key;
	pthread_mutex_t mutex;	/* guards pair */
	struct pair pair;
};

static void
pair_free(struct pair *pair)
{
	for (unsigned i = 0; i < pair->chain_len; i++)
		gnutls_x509_crt_deinit(pair->chain[i]);
	gnutls_free(pair->chain);
	if (pair->key != NULL)
		gnutls_x509_privkey_deinit(pair->key);
	*pair = (struct pair){ 0 };
}

static int
read_chain(struct pair *pair, const char *path, struct message *m)
{
	gnutls_datum_t pem;
	char *data;
	size_t len;
	int r = file_read(path, PEM_MAX, &data, &len, m);

	if (r < 0)
		return r;
	pem = (gnutls_datum_t){ (unsigned char *)data, (unsigned)len };
	r = gnutls_x509_crt_list_import2(&pair->chain, &pair->chain_len, &pem,
	    GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_SORT);
	free(data);
	if (r == GNUTLS_E_MEMORY_ERROR)
		return message_set(m, ERR_MEMORY, "out of memory");
	if (r < 0)
		return message_set(m, ERR_FORMAT, "%s is no certificate in PEM "
		    "form (%s)", path, gnutls_strerror(r));
	if (pair->chain_len > CHAIN_MAX)
		return message_set(m, ERR_LIMIT, "%s has %u certificates; at "
		    "most %d are taken", path, pair->chain_len, CHAIN_MAX);
	return 0;
}

static int
read_key(struct pair *pair, const char *path, struct message *m)
{
	gnutls_datum_t pem;
	char *data;
	size_t len;
	int r = file_read_secret(path, PEM_MAX, 007, &data, &len, m);

	if (r < 0)
		return r;
	pem = (gnutls_datum_t){ (unsigned char *)data, (unsigned)len };
	r = gnutls_x509_privkey_init(&pair->key);
	if (r >= 0)
		r = gnutls_x509_privkey_import2(pair->key, &pem,
		    GNUTLS_X509_FMT_PEM, NULL, 0);
	explicit_bzero(data, len);
	free(data);
	if (r == GNUTLS_E_DECRYPTION_FAILED)
		return message_set(m, ERR_FORMAT, "the key in %s is protected "
		    "by a password, which nobody could type: write it without "
		    "one, as with openssl pkey", path);
	if (r < 0)
		return message_set(m, ERR_FORMAT, "%s is no private key in PEM "
		    "form (%s)", path, gnutls_strerror(r));
	return 0;
}

/* Whether the key is that of the first certificate. */
static bool
pair_fits(const struct pair *pair)
{
	unsigned char a[ID_MAX], b[ID_MAX];
	size_t a_len = sizeof a, b_len = sizeof b;

	return gnutls_x509_crt_get_key_id(pair->chain[0],
	    GNUTLS_KEYID_USE_SHA256, a, &a_len) >= 0 &&
	    gnutls_x509_privkey_get_key_id(pair->key, GNUTLS_KEYID_USE_SHA256,
	    b, &b_len) >= 0 && a_len == b_len && memcmp(a, b, a_len) == 0;
}

static int
pair_read(const struct tls *tls, struct pair *pair, struct message *m)
{
	time_t now = time(NULL);
	int r;

	*pair = (struct pair){ 0 };
	r = read_chain(pair, tls->certificate, m);
	if (r == 0)
		r = read_key(pair, tls->key, m);
	if (r == 0 && !pair_fits(pair))
		r = message_set(m, ERR_FORMAT, "the key in %s is not that of "
		    "the first certificate in %s", tls->key, tls->certificate);
	if (r < 0) {
		pair_free(pair);
		return r;
	}
	/* Clients decide; a clock may be wrong. */
	if (gnutls_x509_crt_get_expiration_time(pair->chain[0]) < now ||
	    gnutls_x509_crt_get_activation_time(pair->chain[0]) > now)
		log_warning("http: the certificate in %s has expired or is not "
		    "valid yet: clients will refuse it", tls->certificate);
	return 0;
}

struct tls *
tls_new(const char *certificate, const char *key)
{
	struct tls *tls = calloc(1, sizeof *tls);

	if (tls == NULL)
		return NULL;
	tls->certificate = certificate;
	tls->key = key;
	pthread_mutex_init(&tls->mutex, NULL);
	return tls;
}

int
tls_load(struct tls *tls, struct message *m)
{
	struct pair fresh, old;
	int r = pair_read(tls, &fresh, m);

	if (r < 0)
		return r;
	pthread_mutex_lock(&tls->mutex);
	old = tls->pair;
	tls->pair = fresh;
	pthread_mutex_unlock(&tls->mutex);
	pair_free(&old);
	return 0;
}

void
tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	pair_free(&tls->pair);
	pthread_mutex_destroy(&tls->mutex);
	free(tls);
}

/* With the mutex held. */
static int
copy_chain(const struct pair *pair, gnutls_pcert_st **chain, unsigned *len)
{
	int r = 0;

	*len = 0;
	*chain = gnutls_calloc(pair->chain_len, sizeof **chain);
	if (*chain == NULL)
		return GNUTLS_E_MEMORY_ERROR;
	while (r >= 0 && *len < pair->chain_len) {
		r = gnutls_pcert_import_x509(&(*chain)[*len],
		    pair->chain[*len], 0);
		*len += r >= 0;
	}
	if (r >= 0)
		return 0;
	while (*len > 0)
		gnutls_pcert_deinit(&(*chain)[--*len]);
	gnutls_free(*chain);
	*chain = NULL;
	return r;
}

static int
copy_key(const struct pair *pair, gnutls_privkey_t *key)
{
	int r = gnutls_privkey_init(key);

	if (r < 0)
		return r;
	r = gnutls_privkey_import_x509(*key, pair->key,
	    GNUTLS_PRIVKEY_IMPORT_COPY);
	if (r < 0) {
		gnutls_privkey_deinit(*key);
		*key = NULL;
	}
	return r;
}

int
tls_retrieve(struct tls *tls, gnutls_pcert_st **chain, unsigned *chain_len,
    gnutls_privkey_t *key, unsigned *flags)
{
	int r;

	pthread_mutex_lock(&tls->mutex);
	r = copy_key(&tls->pair, key);
	if (r >= 0) {
		r = copy_chain(&tls->pair, chain, chain_len);
		if (r < 0)
			gnutls_privkey_deinit(*key);
	}
	pthread_mutex_unlock(&tls->mutex);
	*flags = GNUTLS_CERT_RETR_DEINIT_ALL;
	return r < 0 ? -1 : 0;
}
