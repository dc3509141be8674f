#include "job/formats.h"

#include <gnutls/crypto.h>
#include <stdio.h>

const struct weights_format weights_formats[] = {
	{ "safetensors", "application/octet-stream", safetensors_write },
	{ "npz", "application/zip", npz_write },
	{ "json", "application/json", weights_json_write },
	{ NULL, NULL, NULL },
};

const struct curve_format curve_formats[] = {
	{ "csv", "text/csv; charset=utf-8", curve_csv },
	{ "json", "application/json", curve_json },
	{ "ndjson", "application/x-ndjson", curve_ndjson },
	{ NULL, NULL, NULL },
};

void
formats_sha256(const void *bytes, size_t len, char text[65])
{
	unsigned char digest[32] = { 0 };

	gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, len, digest);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
}
