"""Weeks of running: an hour (SOAK_SECONDS) of some twenty times the work of a
busy lab, see soak_load.py, during which memory, descriptors, threads, the
write-ahead log and the database are measured every ten seconds.

Memory may rise by at most 1 MB an hour.  At a lab's own rate, a twentieth, that
is 8 MB in a week.  What counts is what stays: the least of each five minutes (of
a short soak, each minute), between jobs that come and go with theirs.  The slope
is the least squares line's, its interval twice the standard error, which counts
values that resemble their neighbours as fewer; memory is found to grow when the
whole interval lies above the bound."""

import math
import os
import signal
import time
from pathlib import Path

from daemon import Daemon
from soak_load import RATE, Load

NUMBER = 11
TEXT = "weeks of running: flat memory, descriptors, log"

MB = 1024 * 1024
EVERY = 10              # seconds between samples
LONG = 3000             # seconds from which a soak has windows of five minutes
WARM_UP = 600           # at most; a quarter of a short soak
SLOPE_MAX = 1 * MB      # bytes of memory per hour
OPEN_SLOPE_MAX = 2      # descriptors and threads per hour
WAL_MAX = 72 * MB       # it is cut at 64 MB, after the commit that crosses it
HANGUP_EVERY = 60       # seconds between SIGHUPs


def fields(path):
    """{name: number} of a file of /proc with `name: number ...` lines."""
    found = {}
    for line in Path(path).read_text().splitlines():
        name, _, rest = line.partition(":")
        number = rest.split()[:1]
        if number and number[0].isdigit():
            found[name] = int(number[0])
    return found


def size(path):
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def sample(d):
    """What the process holds now; memory in bytes."""
    proc = Path(f"/proc/{d.process.pid}")
    status, memory = fields(proc / "status"), fields(proc / "smaps_rollup")
    return {
        "rss": status["VmRSS"] * 1024,
        "anonymous": memory["Anonymous"] * 1024,
        "open": len(list((proc / "fd").iterdir())),
        "threads": status["Threads"],
        "wal": size(d.state / "l2ld.sqlite-wal"),
        "database": size(d.state / "l2ld.sqlite"),
    }


def reloads(d):
    """Whether it catches SIGHUP; else that would end it."""
    status = Path(f"/proc/{d.process.pid}/status").read_text()
    return any(int(line.split()[1], 16) >> (signal.SIGHUP - 1) & 1
               for line in status.splitlines()
               if line.startswith(("SigCgt:", "SigIgn:")))


def slope(times, values):
    """The least squares slope per hour, and twice its standard error."""
    n = len(times)
    t0, v0 = sum(times) / n, sum(values) / n
    spread = sum((t - t0) ** 2 for t in times)
    rate = sum((t - t0) * (v - v0) for t, v in zip(times, values)) / spread
    left = [v - v0 - rate * (t - t0) for t, v in zip(times, values)]
    squares = sum(x * x for x in left)
    if squares == 0:
        return rate * 3600, 0.0
    # The residuals' correlation with their neighbours: so many samples count
    # as independent ones.
    r = max(0.0, sum(a * b for a, b in zip(left, left[1:])) / squares)
    alone = max(3.0, n * (1 - r) / (1 + r))
    error = math.sqrt(squares / n / (spread / n) / (alone - 2))
    return rate * 3600, 2 * error * 3600


def measure(d, load, seconds):
    """(time, sample) every ten seconds until the time is over, and how many
    SIGHUPs there were."""
    began, hangups, samples = time.monotonic(), 0, []
    while time.monotonic() - began < seconds:
        time.sleep(EVERY)
        passed = time.monotonic() - began
        samples.append((passed, sample(d)))
        if passed // HANGUP_EVERY > hangups and reloads(d):
            d.process.send_signal(signal.SIGHUP)
            hangups += 1
        if len(samples) % 6 == 1:
            now = samples[-1][1]
            print(f"{passed:5.0f} s: {load.jobs} jobs, {load.requests} "
                  f"requests, {len(load.errors)} errors, RSS "
                  f"{now['rss'] / MB:.1f} MB, {now['open']} descriptors, "
                  f"{now['threads']} threads, log {now['wal'] / MB:.1f} MB, "
                  f"database {now['database'] / MB:.1f} MB", flush=True)
    return samples, hangups


def judge(samples, seconds):
    """The figures of the samples after the warm-up; raises when one is bad,
    and says them all."""
    after = [(t, s) for t, s in samples if t >= min(WARM_UP, seconds / 4)]
    each = (300 if seconds >= LONG else 60) // EVERY
    windows = [after[i:i + each] for i in range(0, len(after) - each + 1, each)]
    assert len(windows) >= 3, "too short to tell"
    times = [window[0][0] for window in windows]
    figure, bad = [], []
    for key, text, unit, limit in (
            ("rss", "MB/h RSS", MB, SLOPE_MAX),
            ("anonymous", "MB/h of it anonymous", MB, SLOPE_MAX),
            ("open", "descriptors/h", 1, OPEN_SLOPE_MAX),
            ("threads", "threads/h", 1, OPEN_SLOPE_MAX)):
        values = [min(s[key] for _, s in window) for window in windows]
        most = max(s[key] for _, s in after)
        rate, error = slope(times, values)
        figure.append(f"{rate / unit:+.2f} ± {error / unit:.2f} {text} (at "
                      f"rest {values[-1] / unit:.4g}, max {most / unit:.4g})")
        if rate - error > limit:
            bad.append(f"{key} grows")
    wal = max(s["wal"] for _, s in samples)
    if wal > WAL_MAX:
        bad.append("the write-ahead log is too large")
    half = len(after) // 2
    first, second = (max(s["database"] for _, s in part)
                     for part in (after[:half], after[half:]))
    figure += [f"log at most {wal / MB:.1f} MB", f"database at most "
               f"{first / MB:.1f} then {second / MB:.1f} MB"]
    assert not bad, ", ".join(bad + figure)
    return figure


def prove(short):
    seconds = 60 if short else float(os.environ.get("SOAK_SECONDS", 3600))
    d = Daemon(workers=2)
    load = Load(d)
    try:
        load.begin()
        try:
            samples, hangups = measure(d, load, seconds)
        finally:
            load.end()
        assert not load.errors, "\n".join(
            [f"{len(load.errors)} errors", *sorted(set(load.errors))[:10]])
        figure = judge(samples, seconds)
        d.terminate(20)
    except BaseException:
        print(d.said())
        raise
    finally:
        d.close()
    return (f"{seconds:.0f} s at {RATE}x, {load.jobs} jobs, {load.requests} "
            f"requests, {load.connections} other connections, {hangups} "
            f"reloads, 0 errors; " + ", ".join(figure))
