"""The API stays quick while all cores compute: wrk asks for the list of jobs, a
job and a curve, first of an idle daemon, then of one whose workers take every
core."""

import os
import re
import shutil
import subprocess
import unittest

from daemon import Daemon
from specs import endless, quadratic, tiny

NUMBER = 12
TEXT = "the API stays quick while all cores compute"
BOUND = 250
CONNECTIONS = 2
UNITS = {"us": 1e-3, "ms": 1, "s": 1e3}


def measure(d, path, seconds):
    """p50 and p99 in milliseconds, and requests."""
    done = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency",
         d.url(path)], capture_output=True, text=True, check=True)
    said = done.stdout
    assert "Non-2xx" not in said and "Socket errors" not in said, said
    value = {}
    for part, number, unit in re.findall(
            r"^ +(50|99)% +([0-9.]+)(us|ms|s)$", said, re.M):
        value[part] = float(number) * UNITS[unit]
    return (value["50"], value["99"],
            int(re.search(r"(\d+) requests in", said)[1]))


def prove(short):
    if shutil.which("wrk") is None:
        raise unittest.SkipTest("wrk is not installed")
    seconds = 3 if short else 15
    cores = len(os.sched_getaffinity(0))
    d = Daemon(workers=cores)
    figures, asked = [], 0
    try:
        number = d.run(quadratic(evaluation=[]))["id"]
        for _ in range(49):
            d.submit(tiny())
        d.until(lambda: not d.json("jobs", state="queued")["jobs"] and
                not d.json("jobs", state="running")["jobs"], "all done", 120)
        paths = {"list": "jobs", "job": f"jobs/{number}",
                 "curve": f"jobs/{number}/curves/training.json"}
        idle = {name: measure(d, path, seconds)
                for name, path in paths.items()}
        for busy in [d.submit(endless(threads=1)) for _ in range(cores)]:
            d.wait(busy, "running")
        for name, path in paths.items():
            before, after = idle[name], measure(d, path, seconds)
            asked += before[2] + after[2]
            figures.append((name, before, after))
        assert len(d.json("jobs", state="running")["jobs"]) == cores
    finally:
        d.close()
    for name, _, after in figures:
        assert after[1] <= BOUND, f"{name}: p99 {after[1]:.1f} ms"
    return (f"{asked} answers; p50 and p99 in ms, idle and with {cores} of "
            f"{cores} cores computing: " + "; ".join(
                f"{name} {before[0]:.2f} {before[1]:.2f}, "
                f"{after[0]:.2f} {after[1]:.2f}"
                for name, before, after in figures))
