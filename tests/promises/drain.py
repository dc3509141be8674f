"""SIGTERM drains in bounded time, whatever clients do at that moment, and what
was acknowledged is there after the next start."""

import signal
import socket
import threading
import time

import requests

from clients import ask, length, rest, spread, status, upload
from daemon import SLOW, Daemon
from specs import endless, tiny

NUMBER = 10
TEXT = "SIGTERM drains in bounded time"
BOUND = 20
UPLOADS, POLLS, READERS, SUBMITTERS = 8, 12, 2, 2


def large_curve(d):
    """A curve of 6 MB: more than the system buffers for a reader."""
    number = d.run({"type": "evaluate", "problem": {"type": "simple"},
                    "optimizers": ["sgd", "adam", "momentum", "adagrad"],
                    "evaluation": [{"horizon": 25000, "points": 25000,
                                    "runs": 2, "tuning_runs": 1,
                                    "learning_rates": [0.01]}]})["id"]
    return f"jobs/{number}/curves/evaluation.json"


class Submitter(threading.Thread):
    """Submits until the server is gone; what was acknowledged and how the
    server refused."""

    def __init__(self, d, most=10):
        super().__init__()
        self.url, self.most = d.url("jobs"), most
        self.jobs, self.refused, self.wrong = [], 0, []
        self.start()

    def run(self):
        with requests.Session() as session:
            session.trust_env = False
            while True:
                try:
                    enough = len(self.jobs) >= self.most
                    answer = session.post(
                        self.url + "?dry_run=1" * enough, json=tiny(),
                        timeout=30 * SLOW)
                except requests.ConnectionError:
                    return
                if answer.status_code == 201:
                    self.jobs.append(answer.json()["id"])
                elif answer.status_code == 503 and \
                        "Retry-After" in answer.headers:
                    self.refused += 1
                elif answer.status_code != 200:
                    self.wrong.append(answer.text)
                    return


def end(d, curve, count):
    """One SIGTERM with everything under way; seconds, jobs acknowledged."""
    waiting = d.submit(endless())
    clients = [upload(d, "snapshots", "application/octet-stream", 1 << 20,
                      1 << 19) for _ in range(UPLOADS // 2)]
    clients += [upload(d, "jobs", "application/json", 4096, 2048)
                for _ in range(UPLOADS // 2)]
    polls = [ask(d, f"jobs/{waiting}/curves/training.json?wait=30")
             for _ in range(POLLS)]
    readers = [ask(d, curve, 4096) for _ in range(READERS)]
    submitters = [Submitter(d) for _ in range(SUBMITTERS)]
    for one in readers:
        one.recv(1, socket.MSG_PEEK)
    time.sleep(0.3 * SLOW)
    began = time.monotonic()
    d.process.send_signal(signal.SIGTERM)
    left = d.wait_exit(BOUND)
    seconds = time.monotonic() - began
    assert left == 0, f"exit status {left}\n{d.said()}"
    for one in submitters:
        one.join()
        assert not one.wrong, one.wrong
        count["refused"] += one.refused
    for one in clients:
        one.close()
    count["polls"] += sum(status(rest(one)) in (200, 404) for one in polls)
    for one in readers:
        announced, came = length(rest(one))
        count["cut"] += came < announced
    return seconds, [waiting] + [n for one in submitters for n in one.jobs]


def lost(d, jobs):
    """Those that the restarted daemon does not know."""
    known, cursor = set(), ""
    while cursor is not None:
        page = d.json("jobs", limit=500, cursor=cursor)
        known |= {job["id"] for job in page["jobs"]}
        cursor = page["next_cursor"]
    return set(jobs) - known


def prove(short):
    rounds = 3 if short else 30
    count = {"polls": 0, "refused": 0, "cut": 0}
    times, jobs = [], []
    d = Daemon()
    try:
        curve = large_curve(d)
        for number in [d.submit(endless()) for _ in range(2)]:
            d.wait(number, "running")
        for _ in range(rounds):
            seconds, acknowledged = end(d, curve, count)
            times.append(seconds)
            jobs += acknowledged
            d.start()
            missing = lost(d, jobs)
            assert not missing, f"lost: {sorted(missing)}"
    finally:
        d.close()
    assert count["polls"] == rounds * POLLS, count
    assert count["cut"] == rounds * READERS, count
    return (f"{rounds} SIGTERMs with 2 jobs running and {UPLOADS} uploads, "
            f"{POLLS} long polls, {READERS} slow readers under way: "
            f"{spread(times)}, exit status 0 each time, 0 aborts; "
            f"{count['polls']} polls answered, {count['refused']} requests "
            f"told to come again; {len(jobs)} jobs acknowledged, 0 lost")
