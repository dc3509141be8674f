"""Every operation on the database's files may fail, once or from then on.
strace makes the n-th call of each kind fail, n = 1, 2, ...: at a first start, at
a start after a kill, and in a daemon at work.

Whatever fails, the daemon goes on, or ends with a status and a sentence.  It
never crashes or hangs, nor acknowledges what a start without the fault does not
find; and a failed fsync is never hidden: the status is not 0.
"""

import random
import shutil
import sqlite3
import tempfile
import unittest
from pathlib import Path

import resume
from daemon import Daemon
from faults_case import Case, insist
from specs import endless, tiny

NUMBER = 8
TEXT = "I/O errors at every operation handled; a failed fsync is fatal"

# What SQLite and the lock do to files, but for its own locks, which no local file
# system refuses (SQLite would wait ten seconds for each): the errors, and how far
# to count at most; a kind ends before where a run makes no so many calls.
CALLS = (
    ("pread64", ("EIO",), 16),
    ("pwrite64", ("EIO", "ENOSPC"), 24),
    ("fdatasync", ("EIO", "ENOSPC"), 8),
    ("ftruncate", ("EIO", "ENOSPC"), 3),
    ("openat", ("EIO", "ENOSPC"), 8),
    ("mmap", ("ENOMEM",), 2),
    ("fallocate", ("ENOSPC",), 2),
    ("unlink", ("EIO",), 2),
    ("newfstatat", ("EIO",), 6),
    ("flock", ("EIO",), 1),
)
STARTS = ("first", "again", "at work")
SAMPLE = 12


def prepare():
    """A state folder as a kill left it, and what is known of it."""
    file = resume.learned()
    d = Daemon(workers=1)
    try:
        known = {"ended": d.run(tiny(name="ended"))["id"],
                 "victim": d.run(tiny(name="victim"))["id"],
                 "paused": d.submit(endless(name="paused"))}
        insist(d.act(known["paused"], "pause").status_code == 200)
        known["digest"] = resume.digest(d, known["ended"])
        known["running"] = d.submit(endless(name="running", priority=-50))
        d.wait_rows(known["running"], "training", 200)
        d.kill()
    except BaseException:
        d.close()
        raise
    return d, known, file


def check_state(case, d):
    """A start without faults finds all that was acknowledged."""
    told, known = case.told, case.known
    rows = {job["id"]: job for job in
            d.json("jobs?state=any", limit=500)["jobs"]}
    names = [job["name"] for job in rows.values()]
    for name in ("quick", "second"):
        insist(told.get(name) in rows or name not in told, name, "is lost")
        insist(names.count(name) <= 1, name, "is there twice")
    for name in case.refused:
        insist(name not in names, name, "was refused and is there")
    if "cancelled" in told:
        insist(rows[told["second"]]["state"] == "cancelled", rows)
    if "renamed" in told:
        insist(rows[told["quick"]]["notes"] == "changed", rows)
    if "imported" in told:
        number, sha256 = told["imported"]
        insist(d.json(f"snapshots/{number}")["sha256"] == sha256, number)
        insist(d.get(f"snapshots/{number}.npz").status_code == 200, number)
    if "finished" in told:
        insist(rows[told["quick"]]["state"] == told["finished"], rows)
    if not known:
        return
    insist(resume.digest(d, known["ended"]) == known["digest"])
    insist(rows[known["paused"]]["state"] == "paused", rows)
    insist(known["running"] in rows, "the one that ran is lost")
    if "deleted" in told:
        insist(known["victim"] not in rows, "it was deleted")
    elif "deleting" not in told:
        insist(known["victim"] in rows, "nobody deleted it")


def check_file(state):
    db = sqlite3.connect(state / "l2ld.sqlite")
    try:
        said = db.execute("PRAGMA integrity_check").fetchall()
        insist(said == [("ok",)], said)
    finally:
        db.close()


class Count:
    def __init__(self):
        self.runs = self.injected = self.acknowledged = self.ended = 0
        self.broken = []

    def __str__(self):
        return (f"{self.runs} runs with {self.injected} failed operations, "
                f"{self.ended} of them ended by the daemon itself; "
                f"{self.acknowledged} acknowledged, 0 wrong; 0 crashes, "
                "0 hangs")


def one(start, rule, prepared, count):
    """False when the rule did not come to pass."""
    d, known, file = prepared
    folder = Path(tempfile.mkdtemp(prefix="l2ld-faults-"))
    case = Case(folder, start, rule, known if start != "first" else {}, file)
    injected = []
    try:
        if start != "first":
            shutil.copytree(d.state, folder / "state")
        case.run()
        injected = case.injected()
        if not injected:
            return False
        case.check_end(injected)
        again = Daemon(workers=1, folder=folder)
        try:
            check_state(case, again)
        finally:
            again.terminate(20)
        check_file(folder / "state")
    except AssertionError as error:
        # The others are tried all the same.
        print(f"{start}: {rule}: {error!r}\n{case.said()}", flush=True)
        count.broken.append((start, rule, error))
    finally:
        case.end()
        shutil.rmtree(folder, ignore_errors=True)
    count.runs += 1
    count.injected += len(injected)
    count.acknowledged += case.acknowledged
    count.ended += case.by_itself
    return True


def rules(call, error, most):
    """Once at each place; from then on at some."""
    for n in range(1, most + 1):
        yield f"{call}:error={error}:when={n}"
    for n in (1, 3, 9):
        if n <= most:
            yield f"{call}:error={error}:when={n}+"


def everything(prepared, count):
    for call, errors, most in CALLS:
        for start in STARTS:
            for error in errors:
                over = False
                for rule in rules(call, error, most):
                    if not over or rule.endswith("+"):
                        over = not one(start, rule, prepared, count)
            print(f"{call}, {start}: {count.runs} runs so far", flush=True)


def sample(prepared, count):
    every = [(start, rule) for call, errors, most in CALLS
             for start in STARTS for error in errors
             for rule in rules(call, error, most)]
    random.Random(8).shuffle(every)
    while count.runs < SAMPLE:
        start, rule = every.pop()
        one(start, rule, prepared, count)


def prove(short):
    if shutil.which("strace") is None:
        raise unittest.SkipTest("strace is missing")
    count = Count()
    prepared = prepare()
    try:
        (sample if short else everything)(prepared, count)
    finally:
        prepared[0].close()
    assert not count.broken, count.broken
    return str(count)
