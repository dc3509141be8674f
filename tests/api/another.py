"""Another user of this machine, who asks the server; needs root."""

import hashlib
import http.client
import json
import os
import re
import socket
import sqlite3
import ssl
import traceback
import unittest

UID = 65533         # nobody in particular: neither the server's user nor root

OPEN = {"/healthz", "/readyz", "/metrics", "/openapi.json"}
OPEN |= {"/api/v1" + path for path in OPEN}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def need_root():
    if os.geteuid() != 0:
        raise unittest.SkipTest("only root can be another user")


def as_user(call, uid=UID):
    """What call() returns, made in a process of that user; it must be JSON."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            said = {"value": call()}
        except BaseException:
            said = {"error": traceback.format_exc()}
        with os.fdopen(write, "w") as pipe:
            json.dump(said, pipe)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        said = json.load(pipe)
    os.waitpid(child, 0)
    assert "error" not in said, said["error"]
    return said["value"]


def ask_all(port, asked, host="127.0.0.1", tls=None, timeout=120):
    """[[status, code, WWW-Authenticate]] of (method, path, headers, body), each
    on a connection of its own; status 0: it was closed without an answer."""
    answers = []
    for method, path, headers, body in asked:
        if tls is None:
            link = http.client.HTTPConnection(host, port, timeout=timeout)
        else:
            link = http.client.HTTPSConnection(
                host, port, timeout=timeout,
                context=ssl.create_default_context(cafile=tls))
        try:
            link.request(method, path, body, headers)
            answer = link.getresponse()
            text = answer.read()
            code = json.loads(text).get("code", "") if answer.headers.get(
                "Content-Type") == "application/problem+json" and text else ""
            answers.append([answer.status, code,
                            answer.headers.get("WWW-Authenticate", "")])
        except (http.client.BadStatusLine, ConnectionError):
            answers.append([0, "", ""])
        finally:
            link.close()
    return answers


def bearer(token):
    return {"Authorization": "Bearer " + token}


def targets(api, job, snapshot):
    """(method, path, media type or None) of every operation of openapi.json,
    with the numbers of a job and a snapshot in it."""
    found = []
    for path, item in api["paths"].items():
        number = snapshot if path.startswith("/snapshots") else job
        where = path.replace("{id}", str(number)).replace(
            "{name}", "training.json").replace("{format}", "safetensors")
        assert not re.search(r"[{}]", where), where
        for method, operation in item.items():
            kind = next(iter(operation.get("requestBody", {})
                             .get("content", {})), None)
            found.append((method.upper(), "/api/v1" + where, kind))
    return found


def digest(state):
    """Of everything that the database of a state folder holds, but for the
    time at which /readyz last tried whether it can be written."""
    link = sqlite3.connect(f"file:{state}/l2ld.sqlite?mode=ro", uri=True)
    try:
        found = hashlib.sha256()
        names = [name for name, in link.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table'"
            " AND name <> 'boot' ORDER BY name")]
        for name in names:
            for row in link.execute(f'SELECT * FROM "{name}" ORDER BY 1'):
                found.update(repr((name, row)).encode())
        return found.hexdigest()
    finally:
        link.close()


def raw(port, data, seconds=10):
    """What comes back for these bytes until the other side closes."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), seconds) as link:
        link.settimeout(seconds)
        try:
            link.sendall(data)
            while True:
                part = link.recv(65536)
                if not part:
                    break
                got += part
        except (socket.timeout, ConnectionError):
            pass
    return got.decode("latin-1")
