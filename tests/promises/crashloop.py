"""A job that crashes the daemon is tried again twice and ends as failed,
crash_loop; what ran or waited beside it comes to its end, and kills from outside
are nobody's fault.

A signal is sent to the very thread that runs the job, as a fault of its code
would be: threads have their jobs' names.
"""

import ctypes
import platform
import signal
import unittest
from pathlib import Path

from daemon import Daemon
from specs import endless, quadratic

NUMBER = 6
TEXT = "a job that crashes the daemon is isolated after three tries"

# The system call's number.
TGKILL = {"x86_64": 234, "aarch64": 131}.get(platform.machine())
CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE,
           signal.SIGILL)


def thread_of(d, number):
    """The thread that runs a job: one of its team does for the whole."""
    for task in Path(f"/proc/{d.process.pid}/task").iterdir():
        if (task / "comm").read_text() == f"job {number}\n":
            return int(task.name)
    return None


def crash(d, number, how):
    """The daemon's end by a signal in that job's thread."""
    thread = d.until(lambda: thread_of(d, number), f"a thread of job {number}")
    assert ctypes.CDLL(None).syscall(TGKILL, d.process.pid, thread, how) == 0
    status = d.wait_exit(20)
    assert status != 0, status
    assert "Sanitizer" in d.said() or status == -how, status


def loop(signals, others):
    """One guilty job among others; how many of these finished."""
    d = Daemon(workers=2)
    try:
        guilty = d.submit(endless(priority=1))
        rest = [d.submit(quadratic(seed=i + 1)) for i in range(others)]
        for how in signals:
            d.wait(guilty, "running")
            crash(d, guilty, how)
            d.start()
        job = d.wait(guilty)
        assert (job["state"], job["reason"], job["crashes"]) == \
            ("failed", "crash_loop", 3), job
        assert d.json(f"jobs/{guilty}/log")["lines"][-1]["level"] == "error"
        for number in rest:
            job = d.wait(number, seconds=120)
            assert (job["state"], job["crashes"]) == ("succeeded", 0), job
        # retry gives it three tries more.
        assert d.act(guilty, "retry").status_code == 200
        assert d.wait(guilty, "running")["crashes"] == 0
        return len(rest)
    finally:
        # The sanitizers' reports are of the faults that were sent.
        (d.folder / "stderr").write_text("")
        d.close()


def kills(rounds):
    """SIGKILL and a SIGABRT to the process, the sooner the more often: no job
    is blamed."""
    d = Daemon(workers=2)
    try:
        numbers = [d.submit(endless()) for _ in range(2)]
        for i in range(rounds):
            if i % 4 == 3:
                d.wait(numbers[0], "running")
            d.process.send_signal(signal.SIGABRT if i % 5 == 4 else
                                  signal.SIGKILL)
            d.wait_exit(20)
            d.start()
        blamed = sum(d.job(n)["crashes"] > 0 or
                     d.job(n)["state"] == "failed" for n in numbers)
        assert blamed == 0, [d.job(n) for n in numbers]
        return rounds
    finally:
        (d.folder / "stderr").write_text("")
        d.close()


def prove(short):
    if TGKILL is None:
        raise unittest.SkipTest(f"tgkill on {platform.machine()}: not known")
    rounds = 1 if short else 5
    finished = sum(loop([CRASHES[(i + k) % len(CRASHES)] for k in range(3)],
                        2 if short else 4) for i in range(rounds))
    killed = kills(8 if short else 40)
    return (f"{rounds} jobs that crashed it 3 times each: {rounds} ended as "
            f"crash_loop, {finished} of {finished} others finished; "
            f"{killed} kills from outside, 0 jobs blamed")
