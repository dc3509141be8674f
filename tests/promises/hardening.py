"""The service may do little: what systemd says of etc/l2ld.service, and whether
the program lives with it."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import daemon
from specs import quadratic, tiny

NUMBER = "of the service"
TEXT = "etc/l2ld.service lets it do little, and it lives with that"

HERE = pathlib.Path(__file__).parent
UNIT = pathlib.Path("etc/l2ld.service").resolve()
EXPOSURE_MAX = 1.5
DIGITS = tiny(problem={"type": "mlp", "dataset": "synthetic-digits"})
USER = 61200            # of systemd's range of dynamic users


def exposure(unit):
    """The score of systemd-analyze, and what it finds wrong with the unit."""
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager",
         str(unit)], capture_output=True, text=True).stdout
    found = re.search(r"Overall exposure level for \S+: ([\d.]+) ", said)
    assert found, said
    return float(found[1])


def verify(unit, *how):
    """Nothing is to be said of it; the program's path is made to exist."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder, unit.name)
        text = re.sub(r"^ExecStart=\S+", f"ExecStart={daemon.PROGRAM}",
                      unit.read_text(), flags=re.M)
        copy.write_text(text)
        done = subprocess.run(
            ["systemd-analyze", *how, "verify", "--man=no", str(copy)],
            capture_output=True, text=True,
            env=dict(os.environ, XDG_RUNTIME_DIR=folder))
    said = [line for line in done.stderr.splitlines() if unit.name in line]
    assert not said, said


class Confined(daemon.Daemon):
    """A daemon under the unit's restrictions, with the state folder that systemd
    would make it."""

    def start(self):
        os.chown(self.folder, USER, USER)
        super().start()


def answer_to(d, user):
    """The status that another user's request to change something gets."""
    ask = ("import http.client\n"
           f"c = http.client.HTTPConnection('127.0.0.1', {d.port})\n"
           "c.request('POST', '/api/v1/jobs?dry_run=1', '{}', "
           "{'Content-Type': 'application/json'})\n"
           "print(c.getresponse().status)")
    return int(subprocess.run([sys.executable, "-c", ask], user=user,
                              group=user, extra_groups=[], check=True,
                              capture_output=True).stdout)


def confined_jobs(short):
    """Jobs that a confined daemon ran to their end."""
    d = Confined(before=["unshare", "--mount", "--ipc", sys.executable,
                         str(HERE / "confine.py"), str(UNIT),
                         str(USER)])
    try:
        status = pathlib.Path(f"/proc/{d.process.pid}/status").read_text()
        assert re.search(rf"^Uid:\s+{USER}\s", status, re.M), status
        assert re.search(r"^CapBnd:\s+0+$", status, re.M), status
        assert re.search(r"^Seccomp:\s+2$", status, re.M), status
        specs = [tiny(), quadratic(), DIGITS] * (1 if short else 4)
        numbers = [d.submit(spec) for spec in specs]
        for number in numbers:
            job = d.wait(number, "succeeded")
        for path in ("/readyz", "/metrics", "server", "/",
                     f"jobs/{job['id']}/curves/training.csv"):
            assert d.get(path).status_code == 200, path
        assert d.post("backup").content[:15] == b"SQLite format 3"
        # An empty job is refused for what it lacks, or for who asks.
        for user, status in ((0, 422), (USER, 422), (USER + 1, 401)):
            assert answer_to(d, user) == status, user
        d.process.send_signal(signal.SIGHUP)
        d.until(lambda: "read again" in d.said(), "a reload")
        d.terminate(20)
    finally:
        d.close()
    return len(numbers)


def prove(short):
    if shutil.which("systemd-analyze") is None:
        raise unittest.SkipTest(
            "systemd-analyze is missing (Debian package: systemd)")
    score = exposure(UNIT)
    assert score <= EXPOSURE_MAX, score
    verify(UNIT)
    verify(pathlib.Path("etc/user/l2ld.service"), "--user")
    figure = f"exposure {score} of at most {EXPOSURE_MAX}; "
    try:
        import seccomp  # noqa: F401: confine.py needs it
    except ImportError:
        return figure + "not run (Debian package: python3-seccomp)"
    if os.geteuid() != 0:
        return figure + "not run: that takes root"
    return figure + (f"{confined_jobs(short)} jobs run to their end with its "
                     "system calls, families of sockets, user and files, "
                     "each forbidden call fatal, 0 made; root and its user "
                     "need no token, another does")
