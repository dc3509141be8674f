/* What a job ran on. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "job/server.h"
#include "num/blas.h"
#include "num/lstm.h"

/* "model name" of /proc/cpuinfo, or the machine's kind. */
static void
cpu_model(char *model, size_t room)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	struct utsname name;
	char line[512];

	model[0] = 0;
	while (f != NULL && model[0] == 0 && fgets(line, sizeof line, f)) {
		char *colon = strchr(line, ':');

		if (colon == NULL || strncmp(line, "model name", 10) != 0)
			continue;
		line[strcspn(line, "\n")] = 0;
		snprintf(model, room, "%s", colon[1] == ' ' ? colon + 2 :
		    colon + 1);
	}
	if (f != NULL)
		fclose(f);
	if (model[0] == 0 && uname(&name) == 0)
		snprintf(model, room, "%s", name.machine);
}

json_t *
server_environment(const struct server *server, int threads)
{
	struct blas_info blas;
	char cpu[256];

	(void)server;
	blas_info(&blas);
	cpu_model(cpu, sizeof cpu);
	return json_pack("{s:s,s:s,s:s,s:s,s:{s:s,s:i,s:s},s:{s:s,s:s,s:s,"
	    "s:s?},s:i}", "version", PACKAGE_VERSION, "compiler",
	    L2LD_COMPILER, "flags", L2LD_CFLAGS, "sanitizer", L2LD_SANITIZER,
	    "cpu", "model", cpu, "cores", (int)sysconf(_SC_NPROCESSORS_ONLN),
	    "kernels", lstm_kernels()->name, "blas", "core", blas.core,
	    "best_core", blas.best, "config", blas.config, "warning",
	    blas.warning[0] != 0 ? blas.warning : NULL, "threads", threads);
}
