"""Small, full and read-only disks.

Each is in a namespace of the command that it is for: nothing of it is left."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from daemon import Daemon

READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
# What is left there at the end is said.
FULL = ('mount -t tmpfs -o size=64k l2ld "$0" && { "$@"; status=$?; ls -A "$0"; '
        'exit $status; }')
SMALL = ('mkdir -p "$0" && mount -t tmpfs -o size=4m,nr_inodes=16 l2ld "$0" && '
         'exec "$@"')


def need_mounts():
    if os.geteuid() != 0 or subprocess.run(
            ["unshare", "-m", "true"], capture_output=True).returncode != 0:
        raise unittest.SkipTest("only root can mount")


def read_only(path):
    """What runs a command to which path, a folder or a file, is read-only."""
    return ("unshare", "-m", "sh", "-c", READ_ONLY, str(path))


def tiny_disk(path):
    """What runs a command to which the folder path has room for 64 KiB."""
    return ("unshare", "-m", "sh", "-c", FULL, str(path))


class Small(Daemon):
    """A server whose state is on a disk of 4 MiB and 16 files; .disk is where the
    tests see that."""

    def __init__(self, reserve=0):
        folder = Path(tempfile.mkdtemp(prefix="l2ld-api-"))
        super().__init__(folder=folder,
                         options=("--disk-reserve", str(reserve)),
                         before=("unshare", "-m", "sh", "-c", SMALL,
                                 str(folder / "state")))

    @property
    def disk(self):
        return Path(f"/proc/{self.process.pid}/root{self.state}")

    def fill(self, left=0):
        """Leave so many bytes."""
        room = os.statvfs(self.disk)
        with open(self.disk / "filler", "ab", buffering=0) as file:
            file.write(bytes(max(0, room.f_bavail * room.f_frsize - left)))
            try:
                while left == 0:
                    file.write(bytes(1))
            except OSError:
                pass

    def room(self):
        (self.disk / "filler").unlink()
