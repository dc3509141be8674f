"""A disk that fills up at any moment: what was acknowledged is kept, reads go on,
jobs wait and go on by themselves to the same bits once there is room.

The state lies on a tmpfs of some megabytes, which jobs fill as far as they are
let, and a filler file the rest.  Mounting takes root; it is done in a namespace
of this process, so that nothing of it is left.
"""

import ctypes
import os
import random
import statistics
import subprocess
import threading
import time
import unittest

from daemon import SLOW, Daemon
from specs import quadratic
from test_resume import outcome

NUMBER = 7
TEXT = "disk full: nothing acknowledged lost, reads go on, recovers by itself"

CLONE_NEWNS = 0x20000
SEEDS = (1, 2)
MIB = 1 << 20


def spec(seed):
    """A job of some seconds, with a checkpoint or two on its way."""
    one = quadratic(seed=seed)
    one["training"].update(epochs=160)
    return one


class Small(Daemon):
    """A daemon on a disk of so many MiB."""

    def __init__(self, size, reserve):
        self.size = size
        super().__init__(workers=2, options=("--disk-reserve", str(reserve)))

    def start(self):
        if not self.state.exists():
            self.state.mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.size}m",
                            "l2ld-full", str(self.state)], check=True)
        super().start()

    def close(self):
        try:
            super().close()
        finally:
            subprocess.run(["umount", str(self.state)], check=True)

    def fill(self):
        """To the last byte."""
        with open(self.state / "filler", "ab", buffering=0) as file:
            for piece in (MIB, 65536, 4096, 1):
                try:
                    while True:
                        file.write(b"x" * piece)
                except OSError:
                    pass

    def room(self):
        os.unlink(self.state / "filler")

    def ready(self):
        return self.get("readyz").status_code == 200


class Reader(threading.Thread):
    """Somebody who looks at everything all the time."""

    def __init__(self, d):
        super().__init__(daemon=True)
        self.d, self.session = d, d.session.__class__()
        self.session.trust_env = False
        self.done, self.failed, self.stop = 0, [], False
        self.start()

    def get(self, path):
        answer = self.session.get(self.d.url(path), timeout=60 * SLOW)
        self.done += 1
        if answer.status_code != 200:
            self.failed.append((path, answer.status_code, answer.text[:200]))
        return answer.json()

    def run(self):
        while not self.stop:
            for path in ("server", "jobs", "/healthz", "/metrics", "snapshots"):
                if path == "/metrics":
                    self.session.get(self.d.url(path), timeout=60 * SLOW)
                    continue
                self.get(path)
            for job in self.get("jobs?limit=3")["jobs"]:
                # One that is deleted in the meantime is none of its business.
                for curve in self.get(f"jobs/{job['id']}/curves")["curves"]:
                    self.get(f"jobs/{job['id']}/curves/{curve['name']}.json")

    def end(self):
        self.stop = True
        self.join()


class Disk:
    """One disk, filled again and again."""

    def __init__(self, size, reserve, whole):
        self.d = Small(size, reserve)
        self.whole = whole
        self.acknowledged = {}      # id: seed
        self.refused = 0
        self.waits = []             # s from room to running
        self.rows = self.gets = 0
        self.told = False           # a job said that it waits for the disk

    def submit(self):
        seed = random.choice(SEEDS)
        answer = self.d.post("jobs", json=spec(seed))
        if answer.status_code == 201:
            self.acknowledged[answer.json()["id"]] = seed
        else:
            assert answer.status_code == 507, answer.text
            assert answer.json()["code"] == "disk_full", answer.text
            self.refused += 1
        return answer.status_code == 201

    def running(self):
        """A job that runs, with room."""
        return [job for job in self.d.json("jobs", state="running")["jobs"]
                if job["reason"] is None]

    def round(self):
        while len(self.d.json("jobs", state="queued")["jobs"]) < 2 and \
                self.submit():
            pass
        time.sleep(random.uniform(0, 1.5))
        self.d.fill()
        was_full = False
        end = time.monotonic() + random.uniform(1.5, 3)
        while time.monotonic() < end:
            self.submit()
            was_full = was_full or not self.d.ready()
            self.told = self.told or any(
                job["waits_for"] == "disk"
                for job in self.d.json("jobs", state="queued")["jobs"])
            time.sleep(0.1)
        return was_full

    def recover(self, was_full):
        began = time.monotonic()
        self.d.room()
        self.d.until(self.d.ready, "room on the disk", 60)
        left = self.d.json("server")["queue"]
        if was_full and left["queued"] + left["running"] > 0:
            self.d.until(self.running, "jobs that go on", 60)
            self.waits.append(time.monotonic() - began)

    def kill(self):
        """The power goes while the disk is full; a start on the full disk may
        be refused, with a sentence, and loses nothing either."""
        self.d.kill()
        try:
            self.d.start()
        except AssertionError:
            assert self.d.process.wait(20 * SLOW) == 1, self.d.said()
            self.d.room()
            self.d.start()
            self.d.fill()

    def check(self):
        """Every acknowledged job is there and ends as on any disk; then it is
        deleted, for room."""
        for number, seed in self.acknowledged.items():
            job = self.d.wait(number, seconds=300)
            assert (job["state"], job["crashes"]) == ("succeeded", 0), \
                (job, self.d.json(f"jobs/{number}/log"))
            numbers = outcome(self.d, number)
            for name, values in self.whole[seed].items():
                assert numbers[name] == values, (number, name)
            self.rows += sum(len(numbers[name]) for name in (
                "training", "validation", "evaluation"))
        listed = {job["id"] for job in self.d.json("jobs", limit=500)["jobs"]}
        assert set(self.acknowledged) <= listed
        for number in self.acknowledged:
            assert self.d.ask("DELETE", f"jobs/{number}").status_code == 204

    def prove(self, rounds):
        count = 0
        for i in range(rounds):
            reader = Reader(self.d)
            was_full = self.round()
            reader.end()
            assert not reader.failed, reader.failed
            self.gets += reader.done
            if i % 3 == 2:
                self.kill()
            self.recover(was_full)
            self.check()
            count += len(self.acknowledged)
            self.acknowledged = {}
        return count


def private_mounts():
    """Mounts of this process from now on are its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or libc.unshare(CLONE_NEWNS) != 0:
        raise unittest.SkipTest("mounting a small disk takes root")
    if subprocess.run(["mount", "--make-rprivate", "/"],
                      capture_output=True).returncode != 0:
        raise unittest.SkipTest("mounts cannot be made private here")


def reference():
    d = Daemon(workers=2)
    try:
        numbers = {seed: d.submit(spec(seed)) for seed in SEEDS}
        return {seed: outcome(d, d.wait(number)["id"])
                for seed, number in numbers.items()}
    finally:
        d.close()


def prove(short):
    private_mounts()
    whole = reference()
    disks = ((3, 0), (8, 1)) if short else \
        ((3, 0), (8, 0), (8, 1), (64, 16))
    kept = rows = refused = gets = 0
    waits, told = [], 0
    for size, reserve in disks:
        disk = Disk(size, reserve, whole)
        try:
            kept += disk.prove(2 if short else 4)
        finally:
            disk.d.close()
        rows += disk.rows
        refused += disk.refused
        gets += disk.gets
        waits += disk.waits
        told += disk.told
        print(f"{size} MiB, {reserve} in reserve: {kept} jobs so far, from "
              f"room to running {[round(s, 1) for s in disk.waits]} s",
              flush=True)
    assert waits, "no disk was ever full"
    assert told, "no job said that it waits for the disk"
    return (f"{len(disks)} disks of {disks[0][0]}-{disks[-1][0]} MiB: {kept} "
            f"jobs acknowledged, 0 lost, {rows} rows kept and equal, "
            f"{refused} refused with 507; of {gets} reads 0 failed; from room "
            f"to running median {statistics.median(waits):.1f} s, "
            f"longest {max(waits):.1f} s ({len(waits)} times)")
