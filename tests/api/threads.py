"""One thread of a daemon stands still, the others go on: ptrace."""

import ctypes
import pathlib
import threading
import time
import unittest

from daemon import SLOW

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000


def find(pid, name):
    """The number of a thread, by its name, which it has soon after it began."""
    end = time.monotonic() + 10 * SLOW
    while time.monotonic() < end:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            if (task / "comm").read_text().strip() == name:
                return int(task.name)
        time.sleep(0.01)
    raise AssertionError(f"no thread {name} in {pid}")


class Stopped:
    """From now until go_on.  All calls must come from the thread that stopped
    it, so they do from one of its own."""

    def __init__(self, pid, name):
        self.tid = find(pid, name)
        self.error = None
        self.held, self.release = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.hold, daemon=True)
        self.thread.start()
        self.held.wait()
        if self.error:
            raise unittest.SkipTest(f"ptrace is not allowed: {self.error}")

    def hold(self):
        libc = ctypes.CDLL(None, use_errno=True)
        libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long,
                                ctypes.c_void_p, ctypes.c_void_p]
        status = ctypes.c_int()
        if libc.ptrace(PTRACE_SEIZE, self.tid, None, None) < 0 or \
                libc.ptrace(PTRACE_INTERRUPT, self.tid, None, None) < 0:
            self.error = ctypes.get_errno()
            self.held.set()
            return
        libc.waitpid(self.tid, ctypes.byref(status), WALL)
        self.held.set()
        self.release.wait()
        libc.ptrace(PTRACE_DETACH, self.tid, None, None)

    def go_on(self):
        self.release.set()
        self.thread.join()
