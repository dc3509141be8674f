"""What was acknowledged survives kill -9: clients submit, change, delete and
import, each noting what it was told, while the daemon is killed again and again
at random times, now and then while it starts.  Then everything noted must be
there, what was deleted must not, and what had no answer must be done whole or not
at all, and stay so."""

import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import time

import resume
from daemon import PROGRAM, SANITIZER, SLOW, Daemon, die_with_parent
from kill_load import Load
from kill_model import ENDED, insist

NUMBER = 1
TEXT = "an acknowledged job survives kill -9"
CLIENTS = 4
LOOKS = 8           # ended jobs and snapshots looked into after a kill


# ---- the file ----

def check_file(state, whole):
    """Of the file as the kill left it, in a copy: the log is read, nothing is
    broken, no curve has a gap."""
    copy = state.parent / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for suffix in ("", "-wal"):
        if (state / f"l2ld.sqlite{suffix}").exists():
            shutil.copy(state / f"l2ld.sqlite{suffix}", copy)
    db = sqlite3.connect(copy / "l2ld.sqlite")
    try:
        if whole:
            said = db.execute("PRAGMA integrity_check").fetchall()
            insist(said == [("ok",)], said)
            said = db.execute("PRAGMA foreign_key_check").fetchall()
            insist(said == [], said)
        gaps = db.execute("""
            SELECT curve.id, row_count, sum(length(data)) / (8 * columns),
                count(chunk.first), max(chunk.first)
            FROM curve LEFT JOIN chunk ON chunk.curve = curve.id
            GROUP BY curve.id
            HAVING row_count <> coalesce(sum(length(data)), 0) / (8 * columns)
                OR count(chunk.first) <> (row_count + 511) / 512
                OR coalesce(max(chunk.first), 0) / 512
                    <> max(0, (row_count - 1) / 512)""").fetchall()
        insist(gaps == [], "curves with gaps", gaps)
    finally:
        db.close()


def check_claims(d):
    """In the file of the daemon that runs: whatever runs, it has claimed."""
    db = sqlite3.connect(f"file:{d.state}/l2ld.sqlite?mode=ro", uri=True)
    try:
        stale = db.execute("""
            SELECT id, incarnation FROM job WHERE state = 'running'
            AND incarnation <> (SELECT max(id) FROM boot)""").fetchall()
        insist(stale == [], "running, but not claimed by this daemon", stale)
        other = db.execute("""
            SELECT job.id, job.state FROM job WHERE state <> (
                SELECT state FROM history WHERE history.job = job.id
                ORDER BY history.id DESC LIMIT 1)""").fetchall()
        insist(other == [], "not what their history says", other)
    finally:
        db.close()


# ---- what the daemon says ----

def listed(d, path, name):
    """All rows of a list, by id."""
    rows, cursor = {}, ""
    while True:
        page = d.json(path, limit=500, cursor=cursor)
        rows.update((row["id"], row) for row in page[name])
        cursor = page["next_cursor"]
        if cursor is None:
            return rows


def settle_open(load, rows):
    """Jobs nobody was told of: each is what some client asked for and got no
    answer to.  One without a key that is not there will never be."""
    known = {job.id for job in load.jobs()}
    for number in rows.keys() - known:
        owner = [c for c in load.clients if c.open_job is not None and
                 c.open_job.id is None and
                 c.open_job.marker == rows[number]["tags"][0]]
        insist(len(owner) == 1, "a job nobody asked for", rows[number])
        job = owner[0].open_job
        job.id = number
        job.states = job.may_be({"queued"})
        owner[0].jobs.append(job)
        owner[0].unknown += 1
    for client in load.clients:
        job = client.open_job
        if job is not None and job.key is None:
            client.open_job = None
            client.unknown += job.id is None


def check_jobs(load):
    rows = listed(load.d, "jobs?state=any", "jobs")
    settle_open(load, rows)
    for client in load.clients:
        for job in list(client.jobs):
            if job.id in rows:
                job.seen(rows[job.id])
            else:
                job.missing()
                client.jobs.remove(job)
    # What is gone stays so: else it is a job nobody asked for.


def check_snapshots(load):
    rows = {number: row for number, row in
            listed(load.d, "snapshots", "snapshots").items()
            if row["kind"] == "imported"}
    for client in load.clients:
        for one in list(client.snapshots):
            row = rows.pop(one.id, None)
            if row is None:
                insist("gone" in one.states, one.marker, "is lost")
                client.snapshots.remove(one)
                continue
            insist("there" in one.states and row["sha256"] == one.sha256,
                   one.marker, one.states, row)
            one.states = {"there"}
        one, client.open_snapshot = client.open_snapshot, None
        for number, row in list(rows.items()):
            if one is not None and \
                    row["metadata"]["imported"]["name"] == one.marker:
                one.id, one.sha256, one.states = number, row["sha256"], {
                    "there"}
                client.snapshots.append(one)
                del rows[number]
        client.unknown += one is not None
    insist(not rows, "snapshots nobody imported", rows)


def check_contents(load, rng, everything):
    """What has ended, or was imported, never changes again."""
    ended = [job for job in load.jobs() if job.states <= ENDED]
    files = [one for client in load.clients for one in client.snapshots]
    if not everything:
        ended = rng.sample(ended, min(LOOKS, len(ended)))
        files = rng.sample(files, min(LOOKS, len(files)))
    for job in ended:
        digest = resume.digest(load.d, job.id)
        insist(job.digest in (None, digest), job.marker, job.id, job.states,
               "has changed after its end")
        job.digest = digest
    for one in files:
        data = load.d.get(f"snapshots/{one.id}.safetensors").content
        insist(data[-4:] == one.value, one.marker, "has other weights")
        digest = hashlib.sha256(data).hexdigest()
        insist(one.digest in (None, digest), one.marker, "has changed")
        one.digest = digest
    return len(ended) + len(files)


# ---- killing ----

def false_start(d, rng):
    """Killed again before it says that it is ready, or just after."""
    process = subprocess.Popen(
        [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--state", str(d.state),
         "--data", str(d.data)], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
    time.sleep(rng.uniform(0, 0.06 * SLOW))
    process.kill()
    process.wait()


def kill_once(load, rng, number):
    d = load.d
    load.release()
    time.sleep(rng.uniform(0.02, 0.9))
    load.killing = True
    d.kill()
    load.settle()
    starts = 0
    while rng.random() < 0.15:
        false_start(d, rng)
        starts += 1
    check_file(d.state, number % 10 == 0)
    d.start()
    check_claims(d)
    check_jobs(load)
    check_snapshots(load)
    return 1 + starts, check_contents(load, rng, False)


def prove(short):
    rounds = 30 if short else 300
    seed = int(os.environ.get("L2LD_SEED", "1"))
    rng = random.Random(seed)
    template = resume.learned()
    d = Daemon(workers=2)
    load = Load(d, template, CLIENTS, seed)
    kills = looks = number = 0
    try:
        while kills < rounds:
            more, looked = kill_once(load, rng, number)
            kills += more
            looks += looked
            number += 1
            if number % 25 == 0:
                print(f"{kills} kills, {load.count('acknowledged')} "
                      f"acknowledged", flush=True)
        looks += check_contents(load, rng, True)
        insist(SANITIZER.search(d.said()) is None, d.said())
    except AssertionError:
        print(f"seed {seed}, {kills} kills, round {number}")
        print(d.said())
        raise
    finally:
        load.killing = True
        load.end()
        d.close()
    print(f"{load.count('refusals')} refused for want of room")
    return (f"{kills} SIGKILLs under load, {load.count('acknowledged')} "
            f"acknowledged, 0 lost; {load.count('unknown')} without an answer, "
            f"each whole or not at all; {looks} looks at ended jobs and "
            "imported files, 0 changed")
