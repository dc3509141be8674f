#include "http/reply.h"

#include <stdint.h>

struct MHD_Response *
reply_make(struct response *rs)
{
	struct MHD_Response *response;

	if (rs->has_file)
		response = MHD_create_response_from_fd64(rs->file_len,
		    rs->file);
	else if (rs->fixed != NULL)
		response = MHD_create_response_from_buffer(rs->fixed_len,
		    (void *)(uintptr_t)rs->fixed, MHD_RESPMEM_PERSISTENT);
	else
		response = MHD_create_response_from_buffer(rs->body.len,
		    rs->body.data, MHD_RESPMEM_MUST_FREE);
	if (response == NULL)
		return NULL;
	/* The bytes, or the file, are the library's now. */
	if (rs->fixed == NULL)
		rs->body = (struct buf){ 0 };
	rs->has_file = false;
	for (int i = 0; i < rs->headers_len; i++)
		MHD_add_response_header(response, rs->headers[i].name,
		    rs->headers[i].value);
	if (rs->type != NULL)
		MHD_add_response_header(response, "Content-Type", rs->type);
	if (rs->close)
		MHD_add_response_header(response, "Connection", "close");
	return response;
}
