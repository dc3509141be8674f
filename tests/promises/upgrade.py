"""A file of every older schema is brought up to date with all its rows, also when
the program is killed before any of the changes it makes to the file; a newer
file is left alone.  upgrade/NNNN.sql has rows as schema NNNN took them."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from pathlib import Path

from daemon import PROGRAM, SLOW, Daemon

NUMBER = 17
TEXT = "an upgrade loses nothing, killed wherever it is"
SOURCE = Path(os.environ["srcdir"])
ROWS = Path(__file__).parent / "upgrade"
MIGRATIONS = sorted((SOURCE / "sql").glob("[0-9]*.sql"))
NEWEST = len(MIGRATIONS)
APPLICATION = 0x6c326c64


def connect(path):
    return sqlite3.connect(path, isolation_level=None)


def make(path, version, rows, log=None):
    """A closed file as an older program left it; and in the folder `log` as it
    left it when it was killed, with all rows still in the log."""
    db = connect(path)
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA wal_autocheckpoint = 0")
    db.executescript("".join(m.read_text() for m in MIGRATIONS[:version]))
    db.execute(f"PRAGMA application_id = {APPLICATION}")
    db.execute(f"PRAGMA user_version = {version}")
    db.executescript(rows)
    if log:
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", log / f"l2ld.sqlite{suffix}")
    db.close()


def contents(path, columns=None):
    """{table: (columns, rows)}; of these columns alone where they are given.
    Each start of a program adds a row to boot."""
    db = connect(path)
    tables = columns or {
        name: [c[1] for c in db.execute(f"PRAGMA table_info({name})")]
        for name, in db.execute("SELECT name FROM sqlite_schema WHERE type = "
                                "'table' AND name NOT LIKE 'sqlite_%'")}
    got = {}
    for name, of in tables.items():
        where = "WHERE id <= 2" if name == "boot" else ""
        got[name] = list(db.execute(
            f"SELECT {', '.join(of)} FROM {name} {where} ORDER BY 1, 2"))
    version = db.execute("PRAGMA user_version").fetchone()[0]
    db.close()
    return got, tables, version


def power_open(path, *n):
    return subprocess.run([os.environ["POWER"], "open", path, *map(str, n)],
                          capture_output=True, text=True, timeout=60 * SLOW)


def check(path):
    done = subprocess.run([PROGRAM, "check", path], capture_output=True,
                          text=True, timeout=60 * SLOW)
    assert done.returncode == 0, done.stdout + done.stderr


def compare(path, rows, tables):
    got, _, version = contents(path, tables)
    assert version == NEWEST, version
    for name in rows:
        assert got[name] == rows[name], (name, got[name], rows[name])


def place(old, path):
    """Put the files of the folder old where path is."""
    for left in path.parent.glob("l2ld.sqlite*"):
        left.unlink()
    for file in old.iterdir():
        shutil.copy(file, path.parent / file.name)


def kill_each(old, path, rows, tables, short):
    """Upgrade the files in old; and again, killed before each of its changes, and
    once more in what mends that.  How often."""
    place(old, path)
    done = power_open(path)
    assert done.returncode == 0, done
    compare(path, rows, tables)
    check(path)
    kills = range(1, int(done.stdout) + 1, 4 if short else 1)
    for n in kills:
        place(old, path)
        done = power_open(path, n)
        assert done.returncode == -signal.SIGKILL, (n, done)
        power_open(path, n // 2 + 1)
        done = power_open(path)
        assert done.returncode == 0, (n, done)
        compare(path, rows, tables)
        check(path)
    return len(kills)


def upgrade(folder, version, short):
    """(kills, rows) of one older schema."""
    closed, killed = folder / f"closed{version}", folder / f"killed{version}"
    closed.mkdir()
    killed.mkdir()
    make(closed / "l2ld.sqlite", version,
         (ROWS / f"{version:04}.sql").read_text(), killed)
    rows, tables, _ = contents(closed / "l2ld.sqlite")
    check(closed / "l2ld.sqlite")
    kills = sum(kill_each(old, folder / "l2ld.sqlite", rows, tables, short)
                for old in (closed, killed))
    return kills, sum(map(len, rows.values()))


def serve(folder, version):
    """A server takes the file over, and its jobs."""
    d = Daemon()
    try:
        d.terminate()
        place(folder / f"killed{version}", d.state / "l2ld.sqlite")
        d.start()
        assert len(d.json("jobs")["jobs"]) == 7
        states = {j["id"]: j["state"] for j in d.json("jobs")["jobs"]}
        assert states[1] == "succeeded" and states[5] == "paused", states
        assert len(d.curve(1, "training")["rows"]) == 600
        assert len(d.json("snapshots")["snapshots"]) == 2
        d.terminate()
        check(d.state / "l2ld.sqlite")
    finally:
        d.close()


def refuse_newer(folder):
    """Nothing touches a file of a later schema."""
    path = folder / "l2ld.sqlite"
    for left in folder.glob("l2ld.sqlite*"):
        left.unlink()
    make(path, NEWEST, "")
    db = connect(path)
    db.execute(f"PRAGMA user_version = {NEWEST + 1}")
    db.close()
    before = path.read_bytes()
    for words in (["serve"], ["export", "1"], ["check"],
                  ["backup", folder / "copy"]):
        done = subprocess.run([PROGRAM, *words, "--state", folder],
                              capture_output=True, text=True,
                              timeout=60 * SLOW)
        assert done.returncode == 1, done
        assert re.search("written by a newer l2ld", done.stderr), done
        assert path.read_bytes() == before, words
        assert not (folder / "copy").exists()


def prove(short):
    kills = rows = 0
    with tempfile.TemporaryDirectory(prefix="l2ld-upgrade-") as name:
        folder = Path(name)
        for version in range(1, NEWEST):
            one = upgrade(folder, version, short)
            kills, rows = kills + one[0], rows + one[1]
            serve(folder, version)
        refuse_newer(folder)
    return (f"older schemas: {NEWEST - 1}, {rows} rows, {kills} kills of the "
            "upgrade at its changes to the file, and again of what mended it: "
            "all rows equal; a newer file refused 4 times, its bytes as before")
