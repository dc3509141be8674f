#include <stdio.h>
#include <string.h>

#include "job/spec_read.h"
#include "job/text.h"

/* The names of the parts in a row, each once. */
static void
join_names(const json_t *normal, char name[RULE_NAME_MAX])
{
	size_t len = json_array_size(normal);

	name[0] = 0;
	for (size_t i = 0; i < len; i++) {
		const char *part = json_string_value(json_object_get(
		    json_array_get(normal, i), "name"));
		size_t used = strlen(name);
		bool said = false;

		for (size_t j = 0; j < i && !said; j++)
			said = strcmp(part, json_string_value(json_object_get(
			    json_array_get(normal, j), "name"))) == 0;
		if (!said)
			snprintf(name + used, RULE_NAME_MAX - used, "%s%.*s",
			    i > 0 ? " + " : "", (int)text_cut(part, 60), part);
	}
	name[text_cut(name, RULE_NAME_MAX - 1)] = 0;
}

static bool
read_list(struct spec_reader *s, const json_t *value, const char *pointer,
    enum spec_use use, struct spec_rule *rule, json_t *normal)
{
	size_t len = json_array_size(value);
	int before = spec_faults(s);
	char at[POINTER_MAX];
	bool tune;

	if (len < 1 || len > PROBLEM_GROUPS_MAX) {
		fault_add(s->faults, pointer, "wrong_length", "must have from 1 "
		    "to %d entries, one for each group of coordinates",
		    PROBLEM_GROUPS_MAX);
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		struct rule_part *part = &rule->rule.parts[i];
		json_t *one;

		pointer_index(at, pointer, i);
		if (spec_part_read(s, json_array_get(value, i), at,
		    use == SPEC_TRAINED ? use : SPEC_COMPARED_PART, part,
		    &rule->snapshots[i], &tune, &one) &&
		    json_array_append_new(normal, one) < 0)
			s->memory = true;
	}
	rule->rule.parts_len = (int)len;
	return spec_faults(s) == before && !s->memory;
}

bool
spec_rule_read(struct spec_reader *s, const json_t *value, const char *pointer,
    enum spec_use use, struct spec_rule *rule, json_t **normal)
{
	memset(rule, 0, sizeof *rule);
	if (!json_is_array(value)) {
		rule->rule.parts_len = 1;
		if (!spec_part_read(s, value, pointer, use,
		    &rule->rule.parts[0], &rule->snapshots[0],
		    &rule->rule.tune, normal))
			return false;
		snprintf(rule->rule.name, RULE_NAME_MAX, "%s",
		    json_string_value(json_object_get(*normal, "name")));
		return true;
	}
	*normal = json_array();
	s->memory |= *normal == NULL;
	if (*normal == NULL || !read_list(s, value, pointer, use, rule,
	    *normal)) {
		json_decref(*normal);
		*normal = NULL;
		return false;
	}
	join_names(*normal, rule->rule.name);
	return true;
}

static bool
taken(const char *name, const char *also, const struct spec_rule *rules,
    int len)
{
	if (also != NULL && strcmp(name, also) == 0)
		return true;
	for (int i = 0; i < len; i++)
		if (strcmp(name, rules[i].rule.name) == 0)
			return true;
	return false;
}

void
spec_rule_unique(struct spec_reader *s, struct spec_rule *rule, json_t *normal,
    const char *also, const struct spec_rule *rules, int len)
{
	char name[RULE_NAME_MAX];

	snprintf(name, sizeof name, "%s", rule->rule.name);
	for (int i = 2; taken(name, also, rules, len); i++)
		snprintf(name, sizeof name, "%.*s %d",
		    (int)text_cut(rule->rule.name, RULE_NAME_MAX - 12),
		    rule->rule.name, i);
	if (strcmp(name, rule->rule.name) == 0)
		return;
	strcpy(rule->rule.name, name);
	if (json_is_object(normal))
		spec_put(s, normal, "name", json_string(name));
}

/* ---- groups ---- */

/* The bit of a group called name; 0 when there is none. */
static uint32_t
group_bit(const struct problem *problem, const char *name)
{
	for (int g = 0; g < problem->groups_len; g++)
		if (strcmp(problem->groups[g].name, name) == 0)
			return UINT32_C(1) << g;
	return 0;
}

static int
no_group(const struct problem *problem, const char *name, struct message *m)
{
	char names[200] = "";

	for (int g = 0; g < problem->groups_len; g++) {
		size_t used = strlen(names);

		snprintf(names + used, sizeof names - used, "%s%s",
		    g > 0 ? ", " : "", problem->groups[g].name);
	}
	return message_set(m, ERR_INVALID, "the problem has no group '%.40s'; "
	    "it has %s", name, names);
}

static int
part_groups(const json_t *part, const struct problem *problem, uint32_t *bits,
    struct message *m)
{
	const json_t *group = json_object_get(part, "group");
	size_t len = json_is_array(group) ? json_array_size(group) : 1;

	*bits = 0;
	if (group == NULL) {
		*bits = RULE_GROUPS_ALL;
		return 0;
	}
	for (size_t i = 0; i < len; i++) {
		const char *name = json_string_value(json_is_array(group) ?
		    json_array_get(group, i) : group);
		uint32_t bit = group_bit(problem, name);

		if (bit == 0)
			return no_group(problem, name, m);
		*bits |= bit;
	}
	return 0;
}

bool
spec_rule_groups(struct spec_reader *s, const json_t *normal,
    const struct problem *problem, struct rule *rule, const char *pointer,
    const char *problem_at)
{
	bool list = json_is_array(normal);
	char at[POINTER_MAX], part_at[POINTER_MAX];
	struct message m;

	for (int i = 0; i < rule->parts_len; i++) {
		const json_t *part = list ? json_array_get(normal, (size_t)i) :
		    normal;

		if (part_groups(part, problem, &rule->parts[i].groups, &m) == 0)
			continue;
		if (list)
			pointer_index(part_at, pointer, (size_t)i);
		pointer_key(at, list ? part_at : pointer, "group");
		fault_add(s->faults, problem_at != NULL ? problem_at : at,
		    problem_at != NULL ? "unusable" : "not_found", "%s", m.text);
		return false;
	}
	if (rule_check(rule, problem, &m) == 0)
		return true;
	fault_add(s->faults, problem_at != NULL ? problem_at : pointer,
	    "unusable", "%s", m.text);
	return false;
}

/* ---- a list of rules ---- */

bool
spec_rules_read(struct spec_reader *s, const json_t *list, const char *pointer,
    int max, const char *also, struct spec_rule *rules, int *len,
    json_t **normal)
{
	size_t count = json_array_size(list);
	int before = spec_faults(s);
	char at[POINTER_MAX];

	*len = 0;
	*normal = NULL;
	if (!json_expect(list, JSON_ARRAY, pointer, s->faults))
		return false;
	if (count > (size_t)max) {
		fault_add(s->faults, pointer, "wrong_length", "must have at most "
		    "%d entries", max);
		return false;
	}
	*normal = json_array();
	s->memory |= *normal == NULL;
	for (size_t i = 0; i < count && *normal != NULL; i++) {
		json_t *one;

		pointer_index(at, pointer, i);
		if (!spec_rule_read(s, json_array_get(list, i), at, SPEC_COMPARED,
		    &rules[*len], &one))
			continue;
		spec_rule_unique(s, &rules[*len], one, also, rules, *len);
		++*len;
		if (json_array_append_new(*normal, one) < 0)
			s->memory = true;
	}
	if (spec_faults(s) == before && !s->memory)
		return true;
	json_decref(*normal);
	*normal = NULL;
	return false;
}
