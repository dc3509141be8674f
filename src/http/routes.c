/* Every address of the API.  OpenAPI is made from this table. */
#include "http/route.h"

#include <stddef.h>

#include "http/handlers.h"

#define API "/api/v1"
#define METRICS "text/plain; version=0.0.4; charset=utf-8"

/* A route that is read: GET, no body. */
#define READ(path, function, schema, types, parameters, sentence)       \
	{                                                               \
		.method = "GET", .pattern = path, .handler = function,  \
		.authority = AUTHORITY_READ, .query = parameters,       \
		.status = "200", .gives = schema, .media = types,       \
		.name = #function, .text = sentence                     \
	}

/* The same for monitors, who need not be allowed to see the jobs. */
#define MONITOR(path, function, schema, types, sentence)                \
	{                                                               \
		.method = "GET", .pattern = path, .handler = function,  \
		.authority = AUTHORITY_NONE, .status = "200",           \
		.gives = schema, .media = types, .name = #function,     \
		.text = sentence                                        \
	}

/* A route that changes something. */
#define CHANGE(verb, path, function, carries, schema, code, answer,     \
    parameters, sentence)                                               \
	{                                                               \
		.method = verb, .pattern = path, .handler = function,   \
		.authority = AUTHORITY_CHANGE, .body = carries,         \
		.takes = schema, .status = code, .gives = answer,       \
		.query = parameters, .name = #function,                 \
		.text = sentence                                        \
	}

/* A change of state: no body, the job is the answer. */
#define ACTION(verb, function, code, sentence)                          \
	CHANGE("POST", API "/jobs/{id}/" verb, function, BODY_NONE,     \
	    NULL, code, "Job", NULL, sentence)

const struct route routes[] = {
	CHANGE("POST", API "/jobs", jobs_submit, BODY_JSON, "JobSpec", "201",
	    "Job", jobs_submit_query, "Submit a job."),
	READ(API "/jobs", jobs_list, "JobList", NULL, jobs_list_query,
	    "List jobs."),
	READ(API "/jobs/{id}", jobs_read, "Job", NULL, NULL,
	    "Read a job: state, progress, spec, history."),
	CHANGE("PATCH", API "/jobs/{id}", job_patch, BODY_JSON, "JobPatch",
	    "200", "Job", NULL, "Change a job's name, notes, tags, priority."),
	CHANGE("DELETE", API "/jobs/{id}", jobs_delete, BODY_NONE, NULL, "204",
	    NULL, NULL, "Delete a job with its curves and snapshots."),
	ACTION("cancel", job_cancel, "200", "End a job before its time."),
	ACTION("pause", job_pause, "200",
	    "Stop a job at a checkpoint until it is resumed."),
	ACTION("resume", job_resume, "200", "Queue a paused job again."),
	ACTION("retry", job_retry, "200",
	    "Run a job that has ended again from the start."),
	ACTION("duplicate", job_duplicate, "201",
	    "Submit a new job with the same spec."),
	READ(API "/jobs/{id}/curves", curves_list, "CurveList", NULL, NULL,
	    "List a job's curves."),
	READ(API "/jobs/{id}/curves/{name}", curve_rows, "Curve",
	    "application/json, text/csv, application/x-ndjson",
	    curve_rows_query, "Read a curve: name.json, name.csv or "
	    "name.ndjson; a name alone is JSON."),
	READ(API "/jobs/{id}/table", job_table, "Table", NULL, NULL,
	    "Read the summary of a job's evaluations."),
	READ(API "/jobs/{id}/log", job_log, "Log", NULL, NULL,
	    "Read a job's log."),
	READ(API "/snapshots", snapshots_list, "SnapshotList", NULL,
	    snapshots_list_query, "List snapshots of learned optimizers."),
	CHANGE("POST", API "/snapshots", snapshots_import, BODY_BYTES, NULL,
	    "201", "Snapshot", NULL, "Import a safetensors file."),
	READ(API "/snapshots/{id}", snapshots_read, "Snapshot", NULL, NULL,
	    "Read what is known of a snapshot."),
	READ(API "/snapshots/{id}.{format}", snapshots_download, NULL,
	    "application/octet-stream, application/zip, application/json",
	    NULL, "Download a snapshot: safetensors, npz or json."),
	CHANGE("DELETE", API "/snapshots/{id}", snapshots_delete, BODY_NONE,
	    NULL, "204", NULL, NULL, "Delete a snapshot."),
	READ(API "/problems", catalogues_problems, "ProblemList", NULL, NULL,
	    "List the problems with their parameters."),
	READ(API "/optimizers", catalogues_optimizers, "OptimizerList", NULL,
	    NULL, "List the optimizers with their parameters."),
	READ(API "/datasets", catalogues_datasets, "DatasetList", NULL, NULL,
	    "List the data sets and whether they are there."),
	READ(API "/presets", catalogues_presets, "PresetList", NULL, NULL,
	    "List the specs that come with the program."),
	READ(API "/server", server_info, "Server", NULL, NULL,
	    "Read version, machine, queue and database."),
	{
		.method = "POST", .pattern = API "/backup",
		.handler = backup_make, .authority = AUTHORITY_CHANGE,
		.status = "200", .media = "application/vnd.sqlite3",
		.name = "backup_make", .text = "Download a copy of the whole "
		    "database as it is now."
	},
	MONITOR(API "/openapi.json", openapi_read, NULL, "application/json",
	    "Read this description."),
	MONITOR(API "/healthz", health_live, "Health", NULL,
	    "Whether the process answers."),
	MONITOR(API "/readyz", health_ready, "Health", NULL,
	    "Whether the database can be written and the disk has room."),
	MONITOR(API "/metrics", metrics_read, NULL, METRICS,
	    "Figures for Prometheus."),
	/* Where monitors and programs look first. */
	MONITOR("/openapi.json", openapi_read, NULL, "application/json",
	    "Read the description of the API."),
	MONITOR("/healthz", health_live, "Health", NULL,
	    "Whether the process answers."),
	MONITOR("/readyz", health_ready, "Health", NULL,
	    "Whether the database can be written and the disk has room."),
	MONITOR("/metrics", metrics_read, NULL, METRICS,
	    "Figures for Prometheus."),
	{ 0 }
};
