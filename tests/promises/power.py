"""What was acknowledged survives the loss of power: everything a store does to
its files is recorded, and at every point between two operations disks are made as
a power loss could have left them (power.c says how)."""

import os
import re
import subprocess
import tempfile

NUMBER = 2
TEXT = "an acknowledged write survives a loss of power"
LINE = re.compile(
    r"(\d+) operations, (\d+) acknowledgements, (\d+) cut points, "
    r"(\d+) disks, (\d+) of them different, violations (\d+)\n\Z")


def run(*options):
    """The numbers of power's last line, and all it said."""
    # In memory where that is possible: what is synced here is the record.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="l2ld-power-",
                                     dir=memory) as folder:
        done = subprocess.run(
            [os.environ["POWER"], *options, folder], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=3600)
    found = LINE.search(done.stdout)
    assert found, done.stdout[-4000:]
    return [int(number) for number in found.groups()], done.stdout


def prove(short):
    # With syncs of the log that lie, it must see losses: else it sees nothing.
    weak, said = run("--weak", "--short")
    assert weak[-1] > 0, said
    numbers, said = run(*["--short"] * short)
    operations, acknowledged, points, disks, different, violations = numbers
    assert violations == 0, said[-4000:]
    return (f"{acknowledged} acknowledgements in {operations} operations, "
            f"{points} cut points, {disks} disks ({different} different), "
            f"violations {violations}; {weak[-1]} of {weak[3]} where syncs of "
            "the log are lies")
