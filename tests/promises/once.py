"""No job runs twice, and none stays "running" for ever: a second daemon on the
same file is refused, and what a killed one left running goes on."""

import subprocess

from daemon import PROGRAM, SLOW, Daemon
from specs import endless

NUMBER = 5
TEXT = 'no job runs twice or stays "running" for ever'


def second(d):
    """Another daemon on the same state; its status and what it said."""
    return subprocess.run(
        [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--state", str(d.state),
         "--data", str(d.data)], capture_output=True, text=True,
        timeout=30 * SLOW)


def prove(short):
    rounds = 3 if short else 20
    d = Daemon()
    try:
        numbers = [d.submit(endless()) for _ in range(2)]
        for attempt in range(1, rounds + 1):
            for number in numbers:
                job = d.wait(number, "running")
                assert job["attempts"] == attempt, job
            refused = second(d)
            assert refused.returncode == 1, refused
            assert "in use by another l2ld" in refused.stderr, refused.stderr
            assert all(d.job(n)["state"] == "running" for n in numbers)
            d.kill()
            d.start()
        for number in numbers:
            states = [s["state"] for s in d.job(number)["states"]]
            assert states.count("running") in (rounds, rounds + 1), states
    finally:
        d.close()
    return (f"{rounds} second daemons on one file, {rounds} refused; "
            f"{rounds * len(numbers)} rows left running, 0 stayed so, "
            "0 claims of a job twice")
