#include "daemon/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

/* The address that $NOTIFY_SOCKET names: a path, or after @ a name without a file.
 * Its length; 0 when there is none. */
static socklen_t
socket_address(struct sockaddr_un *address)
{
	const char *name = getenv("NOTIFY_SOCKET");
	size_t len = name != NULL ? strlen(name) : 0;

	if (len < 2 || len >= sizeof address->sun_path ||
	    (name[0] != '/' && name[0] != '@'))
		return 0;
	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, name, len);
	if (name[0] == '@')
		address->sun_path[0] = 0;
	/* A name without a file ends where the address ends. */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

void
notify_send(const char *format, ...)
{
	struct sockaddr_un address;
	socklen_t address_len = socket_address(&address);
	char text[1024];
	va_list ap;
	int fd, len;

	if (address_len == 0)
		return;
	va_start(ap, format);
	len = vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	if (len < 0)
		return;
	if ((size_t)len >= sizeof text)
		len = sizeof text - 1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* Never for long: a full socket must not hold the service up. */
	if (fd < 0 || sendto(fd, text, (size_t)len, MSG_NOSIGNAL |
	    MSG_DONTWAIT, (struct sockaddr *)&address, address_len) < 0)
		log_warning("systemd cannot be told: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

void
notify_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	notify_send("RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

double
notify_watchdog(void)
{
	const char *time = getenv("WATCHDOG_USEC"), *pid = getenv(
	    "WATCHDOG_PID");
	double seconds = time != NULL ? strtod(time, NULL) * 1e-6 : 0;

	if (pid != NULL && strtol(pid, NULL, 10) != getpid())
		return 0;
	return seconds > 0 ? seconds : 0;
}
