"""Clients of a daemon that behave badly, and what the proofs share of figures."""

import os
import socket


def dial(d, window=None):
    """A connection; window: bytes of its receive buffer."""
    s = socket.socket()
    if window is not None:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    s.settimeout(60)
    s.connect(("127.0.0.1", d.port))
    return s


def head(d, line, *headers):
    """The bytes of a request's head."""
    lines = (line + " HTTP/1.1", f"Host: 127.0.0.1:{d.port}", *headers)
    return "".join(one + "\r\n" for one in lines).encode() + b"\r\n"


def ask(d, path, window=None):
    """Ask for a path of the API, and read nothing yet."""
    s = dial(d, window)
    s.sendall(head(d, f"GET /api/v1/{path}", "Connection: close"))
    return s


def upload(d, path, kind, size, part):
    """Announce a body and send a part of it."""
    s = dial(d)
    s.sendall(head(d, f"POST /api/v1/{path}", f"Content-Type: {kind}",
                   f"Content-Length: {size}") + b"{" + b" " * (part - 1))
    return s


def rest(s):
    """What comes until the other side closes, or an error."""
    got = b""
    try:
        while part := s.recv(65536):
            got += part
    except OSError:
        pass
    s.close()
    return got


def status(answer):
    """The status of an answer's bytes; 0: there is none."""
    return int(answer.split(b" ", 2)[1]) if answer else 0


def length(answer):
    """Bytes announced, and bytes that came, of an answer's body."""
    lines, _, body = answer.partition(b"\r\n\r\n")
    for line in lines.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1]), len(body)
    return 0, len(body)


def holdings(process):
    """Descriptors and threads of a process.  The database's files are left
    out: its readers open them when they are first used."""
    count, folder = 0, f"/proc/{process.pid}/fd"
    for one in os.listdir(folder):
        try:
            count += ".sqlite" not in os.readlink(f"{folder}/{one}")
        except FileNotFoundError:
            pass
    return count, len(os.listdir(f"/proc/{process.pid}/task"))


def quantile(values, q):
    """The smallest value that a part q of them does not exceed."""
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))]


def spread(values, unit="s", digits=2):
    """p50, p95 and largest, in words."""
    return ", ".join(f"{name} {value:.{digits}f}" for name, value in (
        ("p50", quantile(values, .5)), ("p95", quantile(values, .95)),
        ("max", max(values)))) + f" {unit}"
