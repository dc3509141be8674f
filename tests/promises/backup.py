"""A backup that is taken while two jobs write and a client submits is whole and
has all that was acknowledged before it began; one that is killed leaves the
database as it was and no half file by the backup's name."""

import hashlib
import os
import random
import shutil
import sqlite3
import struct
import subprocess
import threading
import time

from daemon import PROGRAM, SLOW, Daemon
from specs import endless, tiny

NUMBER = 18
TEXT = "a backup taken while busy is whole"
PIECE = 4 << 20


class Client(threading.Thread):
    """Submits jobs one after the other, which then wait for a worker: the number
    of each, when it was sent and when it was acknowledged."""

    def __init__(self, d):
        super().__init__(daemon=True)
        self.d, self.ended, self.acks = d, False, []

    def run(self):
        while not self.ended and len(self.acks) < 900:
            began = time.monotonic()
            number = self.d.submit(tiny(priority=-100))
            self.acks.append((number, began, time.monotonic()))

    def longest(self, begin, end):
        """Seconds of the slowest acknowledgement in a time."""
        return max((b - a for _, a, b in self.acks if b > begin and a < end),
                   default=0.0)


def fill(d, megabytes):
    """Snapshots, written while nobody serves the database."""
    d.terminate()
    with sqlite3.connect(d.state / "l2ld.sqlite") as db:
        for _ in range((megabytes << 20) // PIECE):
            weights = os.urandom(PIECE)
            db.execute(
                "INSERT INTO snapshot (kind, epoch, optimizer, group_name, "
                "metadata, sha256, created, weights) VALUES ('imported', 0, "
                "'lstm', '', '{}', ?, 0, ?)",
                (hashlib.sha256(weights).hexdigest(), weights))
    db.close()
    d.start()


def backup(d, path):
    return subprocess.Popen(
        [PROGRAM, "backup", path, "--state", d.state],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def check(path):
    done = subprocess.run([PROGRAM, "check", path], capture_output=True,
                          text=True, timeout=600 * SLOW)
    assert done.returncode == 0, done.stdout + done.stderr


def seen(d, numbers):
    """What a client sees of jobs that do not change, and of all snapshots."""
    what = {n: (d.job(n)["name"], d.job(n)["created"], d.job(n)["spec"])
            for n in numbers}
    return what, [(s["id"], s["sha256"]) for s in
                  d.json("snapshots", limit=100)["snapshots"]]


def rows_of(d, number):
    return d.curve(number, "training")["rows"]


def rows_in(copy, number):
    """The same from the file itself: in a server they go on at once."""
    with sqlite3.connect(f"file:{copy}?mode=ro", uri=True) as db:
        chunks = list(db.execute(
            "SELECT columns, data FROM chunk JOIN curve ON curve.id = curve "
            "WHERE job = ? AND name = 'training' ORDER BY first", (number,)))
    db.close()
    rows = []
    for columns, data in chunks:
        rows += [list(row) for row in struct.iter_unpack(f"<{columns}d", data)]
    return rows


def restore(copy):
    """A server on the copy, in an empty state folder."""
    new = Daemon()
    new.terminate()
    shutil.rmtree(new.state)
    new.state.mkdir(mode=0o700)
    shutil.copy(copy, new.state / "l2ld.sqlite")
    new.start()
    return new


def compare(d, copy, before, finished, running):
    """Everything acknowledged before is in the copy."""
    jobs, snapshots, curves = before
    new = restore(copy)
    try:
        assert seen(new, jobs) == (jobs, snapshots)
        for what in ("", "/curves/training.json", "/table"):
            path = f"jobs/{finished}{what}"
            assert new.json(path) == d.json(path), path
        for number in running:
            had = curves[number]
            assert rows_in(copy, number)[:len(had)] == had, number
            new.wait(number, "running")
    finally:
        new.close()
    return len(jobs), sum(map(len, curves.values()))


def once(d, client, finished, running, copy):
    """A backup while busy: figures of it."""
    numbers = [number for number, _, _ in list(client.acks)]
    before = *seen(d, random.sample(numbers, min(len(numbers), 100))), \
        {n: rows_of(d, n) for n in running}
    begin = time.monotonic()
    process = backup(d, copy)
    said = process.communicate(timeout=600 * SLOW)[0]
    end = time.monotonic()
    assert process.returncode == 0, said
    check(copy)
    jobs, rows = compare(d, copy, before, finished, running)
    return (copy.stat().st_size / 1e6 / (end - begin), jobs, rows,
            client.longest(begin, end),
            sum(begin < b < end for _, _, b in client.acks))


def killed(d, copy, who):
    """Kill the command or the server in the middle: no half file."""
    process = backup(d, copy)
    time.sleep(random.uniform(0.05, 0.5))
    if who == "server":
        d.kill()
    else:
        process.kill()
    process.communicate()
    if copy.exists():
        check(copy)     # It was quicker.
        copy.unlink()
    for half in copy.parent.glob(f"{copy.name}.*"):
        assert who == "command", half
        half.unlink()
    check(d.state / "l2ld.sqlite")
    if who == "server":
        d.start()
        assert not list(d.state.glob("*.backup*"))


def prove(short):
    megabytes, rounds, kills = (64, 1, 4) if short else (256, 3, 20)
    random.seed(18)
    d = Daemon()
    client = Client(d)
    figures = []
    try:
        finished = d.run(tiny())["id"]
        fill(d, megabytes)
        running = [d.submit(endless()) for _ in range(2)]
        for number in running:
            d.wait_rows(number, "training", 20)
        client.start()
        time.sleep(2)
        idle = client.longest(0, time.monotonic())
        for n in range(rounds):
            figures.append(once(d, client, finished, running,
                                d.folder / f"copy{n}"))
        client.ended = True
        client.join()
        for n in range(kills):
            killed(d, d.folder / "killed", ("command", "server")[n % 2])
    finally:
        client.ended = True
        d.close()
    rates = [f[0] for f in figures]
    return (f"{rounds} backups of {megabytes} MB while two jobs and a client "
            f"wrote: {min(rates):.0f} to {max(rates):.0f} MB/s, "
            f"{sum(f[1] for f in figures)} jobs and "
            f"{sum(f[2] for f in figures)} rows compared after restoring, 0 "
            f"missing; longest acknowledgement {max(f[3] for f in figures):.2f}"
            f" s of {sum(f[4] for f in figures)} during them ({idle:.2f} s "
            f"without); {kills} killed, 0 half files")
