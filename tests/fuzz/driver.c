/* A main for fuzz targets where there is no libFuzzer:
 *
 *	fuzz_X CORPUS
 *
 * calls the target with every file in the folder CORPUS, then with as many
 * mutations of them as FUZZ_RUNS says (20,000).  They are the same at every
 * call.  Where one of them ends the program, or takes too long, it is left in
 * the file crash-X. */
#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/random.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* A sanitizer's last words; there only with one. */
void
__sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

#define FILES_MAX 256
#define SIZE_MAX_INPUT 65536
#define SECONDS 60		/* for one input, with a sanitizer */
#define WORDS 64		/* random ones for an input: 15 changes */

struct seed {
	char *data;
	size_t len;
};

static struct seed seeds[FILES_MAX];
static size_t seeds_len;
static char crash[PATH_MAX];
/* The input under way. */
static const uint8_t *present;
static size_t present_size;

static void
keep_input(void)
{
	static const char says[] = ": the input is in this file\n";
	int fd = open(crash, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, present, present_size) < 0 ||
	    write(STDERR_FILENO, crash, strlen(crash)) < 0 ||
	    write(STDERR_FILENO, says, sizeof says - 1) < 0)
		_exit(2);
	close(fd);
}

static void
on_signal(int number)
{
	keep_input();
	signal(number, SIG_DFL);
	raise(number);
}

/* From memory that ends where the input ends. */
static void
run(const char *data, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, data, len);
	present = copy;
	present_size = len;
	alarm(SECONDS);
	LLVMFuzzerTestOneInput(copy, len);
	alarm(0);
	free(copy);
}

static int
no_dots(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void
read_seeds(const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, no_dots, alphasort);

	for (int i = 0; i < count && i < FILES_MAX; i++) {
		char path[PATH_MAX];
		struct message m = { "" };
		struct seed *s = &seeds[seeds_len];

		snprintf(path, sizeof path, "%s/%s", folder,
		    entries[i]->d_name);
		if (file_read(path, SIZE_MAX_INPUT, &s->data, &s->len,
		    &m) < 0) {
			fprintf(stderr, "%s\n", m.text);
			exit(1);
		}
		seeds_len++;
		free(entries[i]);
	}
	if (count <= 0) {
		fprintf(stderr, "no files in %s\n", folder);
		exit(1);
	}
	free(entries);
}

/* Put `len` bytes in place of `cut` bytes at `at`. */
static void
replace(char *input, size_t *size, size_t at, size_t cut, const char *with,
    size_t len)
{
	cut = cut < *size - at ? cut : *size - at;
	if (*size - cut + len > SIZE_MAX_INPUT)
		return;
	memmove(input + at + len, input + at + cut, *size - at - cut);
	memcpy(input + at, with, len);
	*size = *size - cut + len;
}

/* One small change, of the kind and at the place that four words say. */
static void
mutate(char *input, size_t *size, const uint32_t w[4])
{
	static const char *const tokens[] = { "\"", "{", "}", "[", "]", ":",
	    ",", "\n", "=", "&", "%", "%00", "/", "..", "#", " ", "-", "-1",
	    "0", "1e999", "1e-320", "4294967296", "9223372036854775807",
	    "18446744073709551616", "null", "true", "\xff", "\xc3", "\\u0000",
	    "0.1", "NaN", "" };
	const size_t count = sizeof tokens / sizeof *tokens;
	const struct seed *other = &seeds[w[3] % seeds_len];
	size_t at = w[1] % (*size + 1), len = w[2] % 17;
	char byte = (char)w[3];

	switch (w[0] % 8) {
	case 0:			/* flip a bit */
		if (at < *size)
			input[at] = (char)(input[at] ^ 1 << w[2] % 8);
		break;
	case 1:			/* any byte */
		replace(input, size, at, 1, &byte, 1);
		break;
	case 2:			/* take some away */
		replace(input, size, at, len, "", 0);
		break;
	case 3:			/* double some */
		len = len < *size - at ? len : *size - at;
		if (*size + len <= SIZE_MAX_INPUT) {
			memmove(input + at + len, input + at, *size - at);
			*size += len;
		}
		break;
	case 4:			/* a word that means something somewhere */
	case 5:
		replace(input, size, at, w[0] % 16 < 8 ? len : 0,
		    tokens[w[2] % count], strlen(tokens[w[2] % count]));
		break;
	case 6:			/* cut the end off */
		if (w[2] % 8 == 0)
			*size = at;
		break;
	case 7:			/* a piece of another one */
		at = at < other->len ? at : other->len;
		replace(input, size, w[2] % (*size + 1), len, other->data + at,
		    w[0] / 8 % 64 < other->len - at ? w[0] / 8 % 64 :
		    other->len - at);
		break;
	}
}

static void
run_mutation(uint32_t number)
{
	static char input[SIZE_MAX_INPUT];
	const struct random_key key = { .purpose = RANDOM_TEST,
	    .epoch = number };
	const struct seed *seed;
	uint32_t words[WORDS];
	int changes;
	size_t size;

	random_indices(&key, WORDS, UINT32_MAX, words);
	seed = &seeds[words[0] % seeds_len];
	size = seed->len;
	memcpy(input, seed->data, size);
	/* One change of every other input, two of every fourth, ... */
	changes = 1 + __builtin_ctz(words[1] | 1u << 14);
	for (int i = 0; i < changes; i++)
		mutate(input, &size, words + 4 + 4 * i);
	run(input, size);
}

int
main(int argc, char **argv)
{
	const char *runs = getenv("FUZZ_RUNS");
	uint32_t count = runs != NULL ? (uint32_t)atoi(runs) : 20000;

	if (argc != 2) {
		fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
		return 1;
	}
	snprintf(crash, sizeof crash, "crash-%s", basename(argv[0]));
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(keep_input);
	else
		signal(SIGSEGV, on_signal);
	signal(SIGABRT, on_signal);
	signal(SIGALRM, on_signal);
	read_seeds(argv[1]);
	for (size_t i = 0; i < seeds_len; i++)
		run(seeds[i].data, seeds[i].len);
	for (uint32_t i = 0; i < count; i++)
		run_mutation(i);
	for (size_t i = 0; i < seeds_len; i++)
		free(seeds[i].data);
	printf("%s: %zu files and %u mutations of them\n", argv[0], seeds_len,
	    count);
	return 0;
}
