"""Slow clients starve nobody: twice as many of them as connections are allowed
send heads and bodies byte by byte or say nothing, some leave answers of 6 MB
unread, while a healthy client asks all the time.  Once they have gone the daemon
holds what it held."""

import select
import shutil
import socket
import subprocess
import threading
import time

import requests

from clients import ask, dial, head, holdings, quantile
from daemon import SLOW, Daemon
from drain import large_curve
from specs import tiny

NUMBER = 13
TEXT = "slow clients starve nobody"
LIMIT = 128
CLIENTS = {"heads": 2 * LIMIT, "bodies": 2 * LIMIT, "idle": 2 * LIMIT,
           "readers": LIMIT // 4}
BOUND = 5


class Healthy(threading.Thread):
    """Asks for the list and submits dry runs, on a connection that it keeps and
    now and then on a new one."""

    def __init__(self, d):
        super().__init__()
        self.d, self.times, self.failures = d, [], []
        self.quit = threading.Event()
        self.start()

    def run(self):
        session = requests.Session()
        while not self.quit.wait(0.02):
            if len(self.times) % 5 == 0:
                session.close()
                session = requests.Session()
                session.trust_env = False
            began = time.monotonic()
            try:
                if len(self.times) % 3 == 0:
                    answer = session.post(self.d.url("jobs?dry_run=1"),
                                          json=tiny(), timeout=60 * SLOW)
                else:
                    answer = session.get(self.d.url("jobs"), timeout=60 * SLOW)
                if answer.status_code != 200:
                    self.failures.append(answer.text)
            except requests.RequestException as error:
                self.failures.append(str(error))
            self.times.append(time.monotonic() - began)
        session.close()

    def end(self):
        """p50, p99 and largest in ms, and how many were asked."""
        self.quit.set()
        self.join()
        assert not self.failures, self.failures[:3]
        assert max(self.times) < BOUND * SLOW, max(self.times)
        return [1e3 * quantile(self.times, q) for q in (.5, .99, 1)] + [
            len(self.times)]


def open_all(d, kind, count, curve):
    """So many slow clients; (socket, bytes it sends one by one)."""
    slow = []
    for _ in range(count):
        if kind == "readers":
            slow.append((ask(d, curve, 4096), b""))
            continue
        s, rest = dial(d), b""
        if kind == "heads":
            s.sendall(head(d, "GET /api/v1/jobs", "X: ")[:-4])
            rest = b"y" * 10000
        elif kind == "bodies":
            s.sendall(head(d, "POST /api/v1/jobs", "Content-Length: 10000",
                           "Content-Type: application/json"))
            rest = b" " * 10000
        slow.append((s, rest))
    return slow


def trickle(slow, at):
    """Send the byte at this place of each; those that still can."""
    left = []
    for s, rest in slow:
        try:
            if rest:
                s.sendall(rest[at:at + 1])
            # One that reads its answer is no longer slow: look, take nothing.
            ended = select.select([s], [], [], 0)[0] and \
                s.recv(1, socket.MSG_PEEK) == b""
        except OSError:
            ended = True
        if ended:
            s.close()
        else:
            left.append((s, rest))
    return left


def attack(d, kind, seconds, curve):
    """Slow clients for so long; who was shut out comes again."""
    slow, opened, at = [], 0, 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            new = open_all(d, kind, CLIENTS[kind] - len(slow), curve)
        except OSError:
            new = []
        opened += len(new)
        slow = trickle(slow + new, at)
        at += 1
        time.sleep(0.2)
    for s, _ in slow:
        s.close()
    return opened


def settled(d, before):
    """The daemon holds no more than before."""
    d.until(lambda: all(now <= then for now, then in
                        zip(holdings(d.process), before)),
            f"no more descriptors and threads than {before}", 40)


def slowhttptest(d, seconds):
    """The tool of that name, where it is installed; its modes."""
    if shutil.which("slowhttptest") is None:
        return 0
    for mode in (["-H"], ["-B"], ["-X"]):
        subprocess.run(
            ["slowhttptest", *mode, "-c", str(2 * LIMIT), "-i", "1", "-r",
             "200", "-l", str(seconds), "-u", d.url("openapi.json")],
            capture_output=True, check=False, timeout=seconds + 60)
    return 3


def ended_at(slow, most):
    """When each of {name: (socket, bytes to trickle)} was ended, in seconds."""
    began, times, at = time.monotonic(), {}, 0
    while slow and time.monotonic() < began + most:
        left = dict(slow)
        for name, one in left.items():
            if not trickle([one], at):
                times[name] = time.monotonic() - began
                del slow[name]
        at += 1
        time.sleep(0.2)
    return times


def deadlines(d, before, curve):
    """How long a lone client may take to do each thing."""
    wanted = {"new and silent": 10, "head": 10, "silent after an answer": 15,
              "unread answer": 15, "body": 30}
    reader = ask(d, curve, 4096)
    reader.recv(1)
    began = time.monotonic()
    # It sees nothing of an end as long as it does not read.
    settled(d, before)
    times = {"unread answer": time.monotonic() - began}
    reader.close()
    kept = dial(d)
    kept.sendall(head(d, "GET /api/v1/healthz"))
    kept.recv(65536)
    slow = {"new and silent": (dial(d), b""),
            "silent after an answer": (kept, b""),
            "head": open_all(d, "heads", 1, curve)[0],
            "body": open_all(d, "bodies", 1, curve)[0]}
    times |= ended_at(slow, 40 * SLOW)
    for name, most in wanted.items():
        assert most - 1 < times[name] < most + 5 * SLOW, (name, times)
    return ", ".join(f"{name} {times[name]:.1f}" for name in wanted)


def prove(short):
    seconds = 3 if short else 30
    lines = []
    d = Daemon()
    try:
        curve = large_curve(d)
        d.session.close()
        time.sleep(0.5)
        before = holdings(d.process)
        for kind in CLIENTS:
            healthy = Healthy(d)
            opened = attack(d, kind, seconds, curve)
            lines.append((kind, opened, healthy.end()))
            settled(d, before)
        lone = ""
        if not short:
            lone = deadlines(d, before, curve)
            healthy = Healthy(d)
            modes = slowhttptest(d, seconds)
            lines.append((f"{modes} modes of slowhttptest", 6 * LIMIT,
                          healthy.end()))
            settled(d, before)
        after = holdings(d.process)
    finally:
        d.close()
    asked = sum(figures[3] for _, _, figures in lines)
    told = "; ".join(
        f"{kind} ({opened} opened) {p50:.1f} {p99:.1f} {most:.1f}"
        for kind, opened, (p50, p99, most, _) in lines)
    return (f"{2 * LIMIT} slow clients at a time ({CLIENTS['readers']} readers "
            f"of 6 MB), the limit being {LIMIT}; a healthy one asked {asked} "
            f"times, 0 failures, p50, p99, max ms: {told}; descriptors and "
            f"threads before {before}, after {after}"
            + f"; a lone one is ended after s: {lone}" * bool(lone))
