#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "optim/optim.h"
#include "problem/mlp.h"
#include "problem/quadratic.h"

json_t *
golden_read(const char *name)
{
	const char *folder = getenv("L2LD_GOLDEN");
	char path[1024];
	json_error_t error;
	json_t *json;

	snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder :
	    GOLDEN_FOLDER, name);
	json = json_load_file(path, 0, &error);
	if (json == NULL) {
		fprintf(stderr, "%s: %s\n", path, error.text);
		exit(1);
	}
	return json;
}

struct array
golden_array(const json_t *json, const char *name)
{
	const json_t *data = json_object_get(json_object_get(json, name),
	    "data");
	struct array a = { .len = json_array_size(data) };

	if (a.len == 0) {
		fprintf(stderr, "no array called %s\n", name);
		exit(1);
	}
	a.v = calloc(a.len, sizeof *a.v);
	for (size_t i = 0; i < a.len; i++)
		a.v[i] = json_number_value(json_array_get(data, i));
	return a;
}

double
golden_error(const float *got, const struct array *want)
{
	double most = 0, error = 0;

	for (size_t i = 0; i < want->len; i++) {
		double e = fabs((double)got[i] - want->v[i]);

		most = fmax(most, fabs(want->v[i]));
		/* A NaN must not pass for small. */
		error = e >= error || isnan(e) ? e : error;
		if (isnan(e))
			return INFINITY;
	}
	return error / most;
}

/* The data of the case under way. */
static struct array data_w, data_y, data_x, data_labels, data_theta;

static void
copy(float *to, const struct array *from, size_t first, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (float)from->v[first + i];
}

static void
start(const struct problem *p, void *instance, const struct problem_run *run,
    float *theta)
{
	(void)instance;
	copy(theta, &data_theta, run->instance * p->n, p->n);
}

static void
sample_quadratic(const struct problem *p, void *instance,
    const struct problem_run *run)
{
	struct quadratic_instance *q = instance;
	size_t n = p->tensors[0].shape[1];

	copy(q->w, &data_w, run->instance * p->n * n, p->n * n);
	copy(q->y, &data_y, run->instance * p->n, p->n);
}

static void
draw_mlp(const struct problem *p, void *instance, const struct problem_run *run,
    uint32_t step)
{
	struct mlp_instance *q = instance;
	size_t inputs = (size_t)p->info.inputs, batch = 8;

	(void)run;
	copy(q->x, &data_x, step * batch * inputs, batch * inputs);
	for (size_t i = 0; i < batch; i++)
		q->labels[i] = (uint8_t)data_labels.v[step * batch + i];
}

static void
write_idx(const char *folder, const char *name, const unsigned char *head,
    size_t head_len, size_t bytes, int modulo)
{
	char path[2048];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(head, 1, head_len, f) != head_len)
		abort();
	for (size_t i = 0; i < bytes; i++)
		putc((int)(i % (size_t)modulo), f);
	fclose(f);
}

/* An IDX set with the case's shapes, for the mlp to be shaped by. */
static char set_folder[] = "/tmp/l2ld-golden-XXXXXX";

static void
write_set(unsigned char inputs, unsigned char classes)
{
	unsigned char images[] = { 0, 0, 8, 3, 0, 0, 0, 64, 0, 0, 0, 1, 0, 0,
	    0, inputs };
	unsigned char labels[] = { 0, 0, 8, 1, 0, 0, 0, 64 };
	const char *const parts[] = { "train", "t10k" };
	char name[64], folder[1100];

	if (mkdtemp(set_folder) == NULL)
		abort();
	snprintf(folder, sizeof folder, "%s/set", set_folder);
	if (file_make_folder(folder, NULL) < 0)
		abort();
	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof name, "%s-images-idx3-ubyte", parts[i]);
		write_idx(folder, name, images, sizeof images, 64 * inputs,
		    255);
		snprintf(name, sizeof name, "%s-labels-idx1-ubyte", parts[i]);
		write_idx(folder, name, labels, sizeof labels, 64, classes);
	}
}

static void
remove_set(void)
{
	char command[1200];

	snprintf(command, sizeof command, "rm -rf '%s'", set_folder);
	if (system(command) != 0)
		abort();
	memcpy(strrchr(set_folder, '-'), "-XXXXXX", 7);
}

static struct problem_type type;

static void
shape(struct problem *p, const struct problem_options *options,
    const char *folder)
{
	const char *param;
	struct message m;

	if (problem_shape(p, &type, options, folder, &param, &m) < 0) {
		fprintf(stderr, "%s: %s\n", param, m.text);
		exit(1);
	}
}

static void
set_int(struct problem_options *o, const char *name, double v)
{
	if (param_set_int(param_find(type.params, name), o, v, NULL) < 0)
		abort();
}

static void
shape_mlp(const json_t *spec, struct problem *p, struct problem_options *o)
{
	const json_t *sizes = json_object_get(spec, "sizes");
	double hidden[8];
	int len = (int)json_array_size(sizes) - 2;

	for (int i = 0; i < len; i++)
		hidden[i] = json_number_value(json_array_get(sizes,
		    (size_t)i + 1));
	write_set((unsigned char)json_integer_value(json_array_get(sizes, 0)),
	    (unsigned char)json_integer_value(json_array_get(sizes,
	    (size_t)len + 1)));
	if (param_set_ints(param_find(type.params, "hidden"), o, hidden, len,
	    NULL) < 0 ||
	    param_set_text(param_find(type.params, "dataset"), o, "set", NULL)
	    < 0 || param_set_text(param_find(type.params, "activation"), o,
	    json_string_value(json_object_get(spec, "activation")), NULL) < 0)
		abort();
	set_int(o, "batch", json_number_value(json_object_get(spec, "batch")));
	type.draw = draw_mlp;
	data_x = golden_array(spec, "x");
	data_labels = golden_array(spec, "labels");
	shape(p, o, set_folder);
	remove_set();
}

int
golden_problem(const json_t *spec, bool own, struct problem *p)
{
	const char *kind = json_string_value(json_object_get(spec, "kind"));
	int functions = (int)json_integer_value(json_object_get(spec, "B"));
	struct problem_options o;

	type = *problem_find(kind);
	param_defaults(type.params, &o);
	type.start = start;
	data_theta = golden_array(spec, "theta0");
	if (strcmp(kind, "mlp") == 0) {
		shape_mlp(spec, p, &o);
		return 1;
	}
	if (strcmp(kind, "quadratic") == 0) {
		data_w = golden_array(spec, "W");
		data_y = golden_array(spec, "y");
		type.sample = sample_quadratic;
		set_int(&o, "variables", json_number_value(
		    json_object_get(spec, "n")));
		set_int(&o, "functions", own ? 1 : functions);
	}
	shape(p, &o, "/nonexistent");
	return own ? functions : 1;
}

void
golden_problem_close(struct problem *p)
{
	struct array *all[] = { &data_w, &data_y, &data_x, &data_labels,
	    &data_theta };

	problem_close(p);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		free(all[i]->v);
		*all[i] = (struct array){ 0 };
	}
}

float *
golden_weights(const json_t *json, size_t *len)
{
	const char *const names[] = { "w_ih1", "w_hh1", "b1", "w_ih2", "w_hh2",
	    "b2", "w_out", "b_out" };
	float *weights = NULL;

	*len = 0;
	for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
		struct array a = golden_array(json, names[k]);

		weights = realloc(weights, (*len + a.len) * sizeof *weights);
		if (weights == NULL)
			abort();
		copy(weights + *len, &a, 0, a.len);
		*len += a.len;
		free(a.v);
	}
	return weights;
}

void
golden_rule(const json_t *c, struct rule *rule, float **weights)
{
	struct rule_part *part = &rule->parts[0];
	double p = json_number_value(json_object_get(c, "preprocess_p"));
	const struct param *group;
	json_t *params = golden_read(json_string_value(json_object_get(c,
	    "params")));
	size_t len;

	memset(rule, 0, sizeof *rule);
	rule->parts_len = 1;
	part->type = optim_find("lstm");
	part->groups = RULE_GROUPS_ALL;
	param_defaults(part->type->params, &part->options);
	group = param_find(part->type->params, "preprocess");
	if (param_set_text(param_find(group->members, "type"), &part->options,
	    p > 0 ? "log_sign" : "none", NULL) < 0 || (p > 0 &&
	    param_set_real(param_find(group->members, "p"), &part->options, p,
	    NULL) < 0) || param_set_real(param_find(part->type->params,
	    "output_scale"), &part->options, json_number_value(
	    json_object_get(c, "scale")), NULL) < 0)
		abort();
	*weights = golden_weights(params, &len);
	if (len != part->type->weights_len(&part->options))
		abort();
	part->weights = *weights;
	json_decref(params);
}
