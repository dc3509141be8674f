"""No job runs twice, and none stays "running" for ever: one daemon on a file,
whoever else tries, however many at once; and what a killed one left running
goes on."""

import json
import select
import subprocess

from daemon import PROGRAM, SLOW, Daemon, die_with_parent
from specs import endless, tiny

NUMBER = 5
TEXT = 'no job runs twice or stays "running" for ever'


def command(d, *words):
    """Another program on the same state."""
    return [PROGRAM, *words, "--state", str(d.state), "--data", str(d.data)]


def refused(d, *words):
    """It ends at once and says why."""
    done = subprocess.run(command(d, *words), capture_output=True, text=True,
                          timeout=30 * SLOW)
    assert done.returncode == 1, done
    assert "in use by another l2ld" in done.stderr, done.stderr


def rush(d, count):
    """So many daemons started at once on a file that none has: one becomes
    ready, all others end.  None is left."""
    started = [subprocess.Popen(
        command(d, "serve", "--listen", "127.0.0.1:0"),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent) for _ in range(count)]
    try:
        ready = [one for one in started if select.select(
            [one.stdout], [], [], 30 * SLOW)[0] and one.stdout.readline()]
        assert len(ready) == 1, f"{len(ready)} of {count} are ready"
        for one in started:
            if one is not ready[0]:
                assert one.wait(30 * SLOW) == 1
        assert ready[0].poll() is None
        ready[0].terminate()
        assert ready[0].wait(30 * SLOW) == 0
    finally:
        for one in started:
            one.kill()
            one.wait()
            one.stdout.close()


def left_locks(d):
    """What a lock file says, or that it is there, locks nothing."""
    lock = d.state / "l2ld.sqlite.lock"
    assert lock.exists()
    for text in ("", "1", "999999999", "no number"):
        lock.write_text(text)
        d.start()
        d.terminate()


def kill_and_claim(d, numbers, rounds):
    job_file = d.folder / "job.json"
    job_file.write_text(json.dumps(tiny()))
    for attempt in range(1, rounds + 1):
        for number in numbers:
            job = d.wait(number, "running")
            assert job["attempts"] == attempt, job
        refused(d, "serve", "--listen", "127.0.0.1:0")
        refused(d, "run", str(job_file))
        assert all(d.job(n)["state"] == "running" for n in numbers)
        d.kill()
        d.start()
    for number in numbers:
        d.wait(number, "running")
        states = [s["state"] for s in d.job(number)["states"]]
        assert states == ["queued", "running"] * (rounds + 1), states


def prove(short):
    rounds = 3 if short else 20
    d = Daemon()
    try:
        numbers = [d.submit(endless()) for _ in range(2)]
        kill_and_claim(d, numbers, rounds)
        for number in numbers:
            d.act(number, "cancel")
        d.terminate()
        for _ in range(rounds):
            rush(d, 20)
        left_locks(d)
    finally:
        d.close()
    return (f"{2 * rounds} other programs on a file in use, {2 * rounds} "
            f"refused; {rounds} times 20 daemons at once, 1 lived each time; "
            f"{rounds * len(numbers)} rows left running, 0 stayed so, "
            "0 claims of a job twice")
