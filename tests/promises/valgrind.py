"""No leak and no use of what is not there: unit tests, and a daemon that runs a
job, answers, and ends, under valgrind's memcheck.

Every report counts, in frames of ours or not.  Valgrind sees what is linked,
libraries too, and reads of memory that nobody has written; races, and the rest
of the suite, are for the ThreadSanitizer and AddressSanitizer builds of .ci/run.
It does not know AVX-512: OpenBLAS and the kernels are told to do without."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import daemon
from specs import tiny

NUMBER = 16
TEXT = "no race, no leak"

# The folders whose test programs run; short: these programs.
FOLDERS = ("base", "data", "store", "job", "http")
SHORT = ("tests/data/test_idx", "tests/job/test_text", "tests/job/test_spec")
SLOW = 20
ENVIRONMENT = {"CK_FORK": "no", "CK_TIMEOUT_MULTIPLIER": "20",
               "OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "1",
               "L2LD_KERNELS": "x86-64-v3"}


def memcheck(log):
    """The command line; reports and their number go to the file."""
    return ["valgrind", f"--log-file={log}", "--leak-check=full",
            "--show-leak-kinds=definite,indirect",
            "--errors-for-leak-kinds=definite,indirect", "--num-callers=30",
            "--fair-sched=yes", "--suppressions=" + str(
                Path(__file__).with_name("valgrind.supp"))]


def reports(log):
    """Their number, of this process and of those that it forked."""
    text = Path(log).read_text()
    counts = re.findall(r"ERROR SUMMARY: (\d+) errors", text)
    assert counts, text[-4000:]
    if any(int(count) for count in counts):
        print(text[-20000:])
    return sum(int(count) for count in counts)


def run_program(program, folder):
    """The checks that it made, and the reports."""
    log = Path(folder) / program.replace("/", "-")
    done = subprocess.run([*memcheck(log), program], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    found = re.search(r"Checks: (\d+), Failures: 0, Errors: 0", done.stdout)
    assert done.returncode == 0 and found, (program, done.stdout[-4000:])
    print(f"{program}: {found[1]} checks", flush=True)
    return int(found[1]), reports(log)


def run_daemon(folder):
    """A daemon on a job, its pages, and SIGTERM; the reports."""
    log, program = Path(folder) / "daemon", Path(folder) / "l2ld"
    program.write_text("#!/bin/sh\nexec {} {} \"$@\"\n".format(
        " ".join(memcheck(log)), daemon.PROGRAM))
    program.chmod(0o755)
    daemon.PROGRAM, daemon.SLOW = str(program), SLOW * daemon.SLOW
    d = daemon.Daemon(workers=1)
    try:
        number = d.run(tiny(threads=2))["id"]
        for path in ("jobs", f"jobs/{number}", f"jobs/{number}/curves",
                     f"jobs/{number}/curves/training.csv",
                     f"jobs/{number}/curves/evaluation.json?max_points=4",
                     f"jobs/{number}/curves/training.ndjson?after=2&wait=1",
                     f"jobs/{number}/table", f"jobs/{number}/log",
                     "snapshots", "problems", "optimizers", "datasets",
                     "presets", "server", "openapi.json", "readyz", "metrics"):
            assert d.get(path).status_code == 200, path
        snapshot = d.json("snapshots")["snapshots"][0]["id"]
        for suffix in ("npz", "json", "safetensors"):
            file = d.get(f"snapshots/{snapshot}.{suffix}").content
        assert d.post("snapshots", data=file, headers={
            "Content-Type": "application/octet-stream"}).status_code == 201
        assert d.post("jobs", json={"seed": -1}).status_code == 422
        assert d.ask("DELETE", f"jobs/{number}").status_code == 204
        number = d.submit(tiny(training={"epochs": 100000}))
        d.wait(number, "running", seconds=600)
        d.terminate(20)
    finally:
        d.close()
    return reports(log)


def prove(short):
    if shutil.which("valgrind") is None:
        raise unittest.SkipTest("there is no valgrind")
    if daemon.SANITIZED:
        raise unittest.SkipTest("built with a sanitizer")
    os.environ.update(ENVIRONMENT)
    programs = SHORT if short else sorted(
        str(path) for folder in FOLDERS
        for path in Path("tests", folder).glob("test_*")
        if path.suffix == "" and os.access(path, os.X_OK))
    subprocess.run(["make", "-s", *programs], check=True,
                   stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as folder:
        with ThreadPoolExecutor(2) as pool:
            counts = list(pool.map(run_program, programs,
                                   [folder] * len(programs)))
        here = run_daemon(folder)
    checks = sum(count for count, _ in counts)
    found = sum(count for _, count in counts) + here
    assert found == 0, f"{found} reports"
    return (f"{checks} checks of {len(programs)} test programs, and a daemon "
            f"with its job, under valgrind: reports {found} (races and the "
            "rest of the suite: .ci/run)")
