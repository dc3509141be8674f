#include "daemon/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_SECONDS 10L
#define PROBLEM_MAX 8192

struct answer {
	CURL *curl;
	int file;
	int error;		/* errno of a failed write */
	bool (*stopped)(void);
	/* The body of an answer other than 200. */
	char problem[PROBLEM_MAX];
	size_t problem_len;
};

static size_t
take(char *data, size_t size, size_t count, void *arg)
{
	struct answer *answer = arg;
	size_t len = size * count, done = 0;
	long status = 0;

	curl_easy_getinfo(answer->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200) {
		size_t room = PROBLEM_MAX - answer->problem_len;

		memcpy(answer->problem + answer->problem_len, data,
		    len < room ? len : room);
		answer->problem_len += len < room ? len : room;
		return len;
	}
	while (done < len) {
		ssize_t k = write(answer->file, data + done, len - done);

		if (k < 0 && errno != EINTR) {
			answer->error = errno;
			return 0;
		}
		done += k > 0 ? (size_t)k : 0;
	}
	return len;
}

static int
look(void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total,
    curl_off_t up)
{
	struct answer *answer = arg;

	(void)total, (void)now, (void)up_total, (void)up;
	return answer->stopped();
}

static bool
set_up(CURL *curl, const char *url, const char *certificate,
    const char *token, struct answer *answer)
{
	bool done = curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") ==
	    CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "POST") == CURLE_OK;

	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, answer);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	if (done && token[0] != 0)
		done = curl_easy_setopt(curl, CURLOPT_HTTPAUTH,
		    CURLAUTH_BEARER) == CURLE_OK && curl_easy_setopt(curl,
		    CURLOPT_XOAUTH2_BEARER, token) == CURLE_OK;
	if (done && certificate != NULL) {
		/* It may be for the server's name in the world; here it is
		 * known by the certificate itself, and reached by an address. */
		done = curl_easy_setopt(curl, CURLOPT_CAINFO, certificate) ==
		    CURLE_OK;
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	return done;
}

/* The sentence of a problem document. */
static int
refused(const struct answer *answer, long status, struct message *m)
{
	json_t *problem = json_loadb(answer->problem, answer->problem_len, 0,
	    NULL);
	const char *detail = json_string_value(json_object_get(problem,
	    "detail"));
	int error = status == 409 ? ERR_CONFLICT : status == 507 ? ERR_FULL :
	    status == 503 ? ERR_SHUTDOWN : ERR_IO;

	message_set(m, error, "the server refused (%ld): %.300s", status,
	    detail != NULL ? detail : "it did not say why");
	json_decref(problem);
	return error;
}

int
client_post(const char *url, const char *certificate, const char *token,
    int file, const char *path, bool (*stopped)(void), struct message *m)
{
	struct answer answer = { .file = file, .stopped = stopped };
	long status = 0;
	CURLcode code;
	int r = 0;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	answer.curl = curl_easy_init();
	if (answer.curl == NULL || !set_up(answer.curl, url, certificate,
	    token, &answer)) {
		r = message_set(m, ERR_MEMORY, "out of memory");
		goto out;
	}
	code = curl_easy_perform(answer.curl);
	curl_easy_getinfo(answer.curl, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_ABORTED_BY_CALLBACK)
		r = message_set(m, ERR_SHUTDOWN, "it was interrupted");
	else if (answer.error != 0)
		r = message_set(m, answer.error == ENOSPC ||
		    answer.error == EDQUOT ? ERR_FULL : ERR_IO,
		    "cannot write %s: %s", path, strerror(answer.error));
	else if (code != CURLE_OK)
		r = message_set(m, ERR_IO, "%.200s: %s", url,
		    curl_easy_strerror(code));
	else if (status != 200)
		r = refused(&answer, status, m);
out:
	curl_easy_cleanup(answer.curl);
	curl_global_cleanup();
	return r;
}
