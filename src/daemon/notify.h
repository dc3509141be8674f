/* What is told to systemd: the sd_notify protocol, one datagram of KEY=value
 * lines to the socket that $NOTIFY_SOCKET names.
 *
 * It is these few lines and not libsystemd, as sd_notify(3) suggests: the
 * protocol is stable, and the library brings five others into the process. */
#ifndef L2LD_DAEMON_NOTIFY_H
#define L2LD_DAEMON_NOTIFY_H

#include <stdbool.h>

/* Send lines; nothing happens where nobody asked to be told.  A message that
 * cannot be sent is logged and lost: the work goes on. */
void
notify_send(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The configuration is being read again, as of now.  READY=1 ends it. */
void
notify_reloading(void);

/* Seconds within which systemd wants a WATCHDOG=1 of this process; 0: it wants
 * none. */
double
notify_watchdog(void);

#endif
