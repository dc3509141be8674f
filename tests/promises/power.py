"""What was acknowledged survives the loss of power: everything a store does to
its files is recorded, and at every point between two operations disks are made as
a power loss could have left them (power.c says how).  The same of a store that
brings a file of an older schema up to date."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import upgrade

NUMBER = 2
TEXT = "an acknowledged write survives a loss of power"
LINE = re.compile(
    r"(\d+) operations, (\d+) acknowledgements, (\d+) cut points, "
    r"(\d+) disks, (\d+) of them different, violations (\d+)\n\Z")


def memory_folder():
    """In memory where that is possible: what is synced here is the record."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return tempfile.TemporaryDirectory(prefix="l2ld-power-", dir=memory)


def power(folder, *options):
    """The numbers of power's last line, and all it said."""
    done = subprocess.run(
        [os.environ["POWER"], *options, folder], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=3600)
    found = LINE.search(done.stdout)
    assert found, done.stdout[-4000:]
    return [int(number) for number in found.groups()], done.stdout


def run(*options):
    with memory_folder() as folder:
        return power(folder, *options)


def run_upgrade(version, killed, *options):
    """The same, of the upgrade of a file of this schema, which was closed, or
    left by a program that was killed.  With all power it keeps every row; so
    what the disks are compared with is right."""
    with memory_folder() as name:
        folder = Path(name)
        old, log, work = folder / "old", folder / "log", folder / "work"
        for one in (old, log, work):
            one.mkdir()
        upgrade.make(old / "l2ld.sqlite", version,
                     (upgrade.ROWS / f"{version:04}.sql").read_text(), log)
        rows, tables, _ = upgrade.contents(old / "l2ld.sqlite")
        for file in (log if killed else old).iterdir():
            shutil.copy(file, work / file.name.replace("l2ld.sqlite",
                                                       "l2ld.db"))
        numbers, said = power(folder, "--upgrade", *options)
        upgrade.compare(work / "l2ld.db", rows, tables)
        return numbers, said


def upgrades(*options):
    """All of them: (cut points, disks, different ones, violations)."""
    sums = [0] * 4
    for version in range(1, upgrade.NEWEST):
        for killed in (False, True):
            numbers, said = run_upgrade(version, killed, *options)
            if "--weak" not in options:
                assert numbers[-1] == 0, said[-4000:]
            sums = [a + b for a, b in zip(sums, numbers[2:])]
    return sums


def prove(short):
    # With syncs of the log that lie, it must see losses: else it sees nothing.
    weak, said = run("--weak", "--short")
    assert weak[-1] > 0, said
    options = ["--short"] * short
    numbers, said = run(*options)
    operations, acknowledged, points, disks, different, violations = numbers
    assert violations == 0, said[-4000:]
    weak_upgrade = upgrades("--weak", *options)
    assert weak_upgrade[-1] > 0, weak_upgrade
    upgraded = upgrades(*options)
    return (f"{acknowledged} acknowledgements in {operations} operations, "
            f"{points} cut points, {disks} disks ({different} different), "
            f"violations {violations}; {weak[-1]} of {weak[3]} where syncs of "
            f"the log are lies; upgrades of {upgrade.NEWEST - 1} older "
            f"schemas, {upgraded[0]} cut points, {upgraded[1]} disks "
            f"({upgraded[2]} different), violations {upgraded[3]}; "
            f"{weak_upgrade[3]} of {weak_upgrade[1]} where syncs lie")
