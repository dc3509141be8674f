/* The handlers, by noun, and the parameters of those that take any.  Which
 * address leads to which is in routes.c. */
#ifndef L2LD_HTTP_HANDLERS_H
#define L2LD_HTTP_HANDLERS_H

#include "base/param.h"
#include "http/request.h"
#include "http/response.h"

/* jobs.c */
extern const struct param jobs_submit_query[];
void
jobs_submit(const struct request *rq, struct response *rs);
extern const struct param jobs_list_query[];
void
jobs_list(const struct request *rq, struct response *rs);
void
jobs_read(const struct request *rq, struct response *rs);
void
jobs_delete(const struct request *rq, struct response *rs);

/* job_patch.c */
void
job_patch(const struct request *rq, struct response *rs);

/* job_actions.c */
void
job_cancel(const struct request *rq, struct response *rs);
void
job_pause(const struct request *rq, struct response *rs);
void
job_resume(const struct request *rq, struct response *rs);
void
job_retry(const struct request *rq, struct response *rs);
void
job_duplicate(const struct request *rq, struct response *rs);

/* job_results.c */
void
job_table(const struct request *rq, struct response *rs);
void
job_log(const struct request *rq, struct response *rs);

/* curves.c */
void
curves_list(const struct request *rq, struct response *rs);

/* curve_rows.c */
extern const struct param curve_rows_query[];
void
curve_rows(const struct request *rq, struct response *rs);

/* snapshots.c */
extern const struct param snapshots_list_query[];
void
snapshots_list(const struct request *rq, struct response *rs);
void
snapshots_read(const struct request *rq, struct response *rs);
void
snapshots_download(const struct request *rq, struct response *rs);
void
snapshots_import(const struct request *rq, struct response *rs);
void
snapshots_delete(const struct request *rq, struct response *rs);

/* catalogues.c */
void
catalogues_problems(const struct request *rq, struct response *rs);
void
catalogues_optimizers(const struct request *rq, struct response *rs);
void
catalogues_datasets(const struct request *rq, struct response *rs);
void
catalogues_presets(const struct request *rq, struct response *rs);

/* backup.c */
void
backup_make(const struct request *rq, struct response *rs);

/* server_info.c */
void
server_info(const struct request *rq, struct response *rs);

/* health.c */
void
health_live(const struct request *rq, struct response *rs);
void
health_ready(const struct request *rq, struct response *rs);

/* metrics.c */
void
metrics_read(const struct request *rq, struct response *rs);

/* openapi.c */
void
openapi_read(const struct request *rq, struct response *rs);

#endif
