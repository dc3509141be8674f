/* A server on a port of its own, and a client that sends bytes as they are. */
#ifndef L2LD_TESTS_HTTP_WIRE_H
#define L2LD_TESTS_HTTP_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "http/http.h"

/* It serves fake_server; a test that stops it sets it to NULL. */
extern struct http *wire_http;

/* The fixture of a test. */
void
wire_begin(void);
void
wire_end(void);

/* A new connection, to be closed. */
int
wire_dial(void);

/* Send a text in which each '@' stands for "Host: " and the server's name. */
void
wire_say(int fd, const char *text);

/* Whether something comes within seconds. */
bool
wire_readable(int fd, double seconds);

/* Read one answer: its status, and its body in text (cut to fit).  0: the
 * stream ended instead. */
int
wire_hear_body(int fd, bool head, char *text, size_t room);

/* Read one answer; its status. */
int
wire_hear(int fd);

/* Whether the server closes the connection, soon. */
bool
wire_ended(int fd);

/* Send text on a connection of its own; the status. */
int
wire_once(const char *text);

#endif
