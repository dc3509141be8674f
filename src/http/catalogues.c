#include "http/handlers.h"
#include "job/catalogue.h"
#include "job/server.h"

void
catalogues_problems(const struct request *rq, struct response *rs)
{
	(void)rq;
	response_json(rs, 200, catalogue_problems());
}

void
catalogues_optimizers(const struct request *rq, struct response *rs)
{
	(void)rq;
	response_json(rs, 200, catalogue_optimizers());
}

void
catalogues_datasets(const struct request *rq, struct response *rs)
{
	response_json(rs, 200,
	    catalogue_datasets(server_config(rq->server)->data_folder));
}

void
catalogues_presets(const struct request *rq, struct response *rs)
{
	(void)rq;
	response_json(rs, 200, catalogue_presets());
}
