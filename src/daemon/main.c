/* l2ld: an experiment server for learned optimizers. */
#include <config.h>

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/log.h"
#include "daemon/command.h"
#include "daemon/service.h"
#include "num/blas.h"
#include "num/lstm.h"

#define EXIT_SECONDS 10	/* for the libraries' ends */

static void
help(void)
{
	printf("usage: l2ld [serve] [OPTION...]         serve jobs over HTTP\n"
	    "       l2ld run [JOB.json | NAME | -]    one job in the "
	    "foreground\n"
	    "       l2ld export ID[.FORMAT]           a snapshot as "
	    "safetensors, npz or json\n"
	    "       l2ld backup FILE                  copy the database, "
	    "also while it is served\n"
	    "       l2ld check [FILE]                 look whether a database "
	    "or a backup is sound\n"
	    "       l2ld token                        make the token, and say "
	    "where it is\n"
	    "       l2ld describe                     every option of a job\n"
	    "       l2ld bench [WORK]                 measure this machine\n"
	    "\n");
	options_help();
}

static void
version(void)
{
	struct blas_info blas;

	blas_info(&blas);
	printf("l2ld %s\ncompiler: %s\nflags: %s\nsanitizer: %s\n"
	    "kernels: %s\nOpenBLAS: %s, %s kernels\n", PACKAGE_VERSION,
	    L2LD_COMPILER, L2LD_CFLAGS, L2LD_SANITIZER, lstm_kernels()->name,
	    blas.config, blas.core);
	if (blas.warning[0] != 0)
		printf("%s\n", blas.warning);
}

static int
command(struct options *o, const char **words, int argc, char **argv)
{
	const char *name = words[0] != NULL ? words[0] : "serve";
	const char *word = words[1];

	if (strcmp(name, "serve") == 0 && word == NULL)
		return command_serve(o, argc, argv);
	if (strcmp(name, "run") == 0)
		return command_run(o, word);
	if (strcmp(name, "bench") == 0)
		return command_bench(o, word);
	if (strcmp(name, "describe") == 0 && word == NULL)
		return command_describe();
	if (strcmp(name, "export") == 0)
		return command_export(o, word);
	if (strcmp(name, "backup") == 0)
		return command_backup(o, word);
	if (strcmp(name, "check") == 0)
		return command_check(o, word);
	if (strcmp(name, "token") == 0 && word == NULL)
		return command_token(o);
	fprintf(stderr, "l2ld: there is no command '%s%s%s'; see l2ld "
	    "--help\n", name, word != NULL ? " " : "", word != NULL ? word :
	    "");
	return STATUS_USAGE;
}

static volatile sig_atomic_t ended_with;

static void
leave(int signal)
{
	(void)signal;
	_exit(ended_with);
}

/* At the end OpenBLAS waits for threads that it started before main; where there
 * is no memory for them these ask for it for ever. */
static int
end(int status)
{
	fflush(stdout);
	ended_with = status;
	signal(SIGALRM, leave);
	alarm(EXIT_SECONDS);
	return status;
}

int
main(int argc, char **argv)
{
	const char *words[2];
	struct message m = { "" };
	struct options o;

	/* Before any thread starts. */
	heap_start();
	signals_block();
	log_start();
	blas_start();
	json_object_seed(0);
	if (service_configure(&o, argc, argv, words, &m) < 0) {
		fprintf(stderr, "l2ld: %s\n", m.text);
		return STATUS_USAGE;
	}
	if (o.help || o.version) {
		(o.help ? help : version)();
		return STATUS_OK;
	}
	log_set_format(o.log_format);
	if (o.verbose)
		log_set_level(LOG_DEBUG);
	return end(command(&o, words, argc, argv));
}
