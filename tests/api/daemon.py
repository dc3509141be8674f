"""A daemon of the tests' own: started, asked, stopped, killed."""

import ctypes
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import requests

PROGRAM = os.environ["L2LD"]
DATA = os.environ.get("L2LD_DATA", "")
SANITIZED = "\nsanitizer: no\n" not in subprocess.run(
    [PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
SLOW = float(os.environ.get("L2LD_SLOW", "8" if SANITIZED else "1"))
ENDED = ("succeeded", "diverged", "cancelled", "failed")
SANITIZER = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|"
                       r"runtime error:")
PR_SET_PDEATHSIG = 1


def die_with_parent():
    """In the child: should the tests be killed, it goes with them.  It hears
    SIGHUP also where the tests were started so that they do not."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def l2ld(*words, before=()):
    """Run a command of the program to its end, started by another one."""
    return subprocess.run([*before, PROGRAM, *map(str, words)],
                          capture_output=True, text=True, errors="replace",
                          timeout=60 * SLOW)


class Daemon:
    """One state folder and, between start and stop, the process on it.  With
    environment more than the tests' own; before is a command that is to start
    it; folder one that holds a state already, else a new one."""

    def __init__(self, workers=2, data=None, options=(), environment=None,
                 before=(), folder=None):
        self.folder = Path(folder or tempfile.mkdtemp(prefix="l2ld-api-"))
        self.state = self.folder / "state"
        self.data = Path(data) if data else self.folder / "data"
        self.options = ["--workers", str(workers), *options]
        self.environment = dict(os.environ, **(environment or {}))
        self.before = before
        self.process = None
        self.session = requests.Session()
        self.session.trust_env = False
        self.start()

    # ---- the process ----

    def start(self):
        self.log = open(self.folder / "stderr", "ab")
        self.process = subprocess.Popen(
            [*self.before, PROGRAM, "serve", "--listen", "127.0.0.1:0", "--state",
             str(self.state), "--data", str(self.data), *self.options],
            stdout=subprocess.PIPE, stderr=self.log, env=self.environment,
            preexec_fn=die_with_parent)
        ready = select.select([self.process.stdout], [], [], 20 * SLOW)[0]
        line = self.process.stdout.readline().decode() if ready else ""
        found = re.fullmatch(
            r"l2ld (\S+) ready: (https?://127\.0\.0\.1:(\d+))/\n", line)
        if found is None:
            self.process.kill()
            raise AssertionError(f"first line {line!r}\n{self.said()}")
        self.version, self.base, self.port = \
            found[1], found[2], int(found[3])

    def said(self):
        return (self.folder / "stderr").read_text(errors="replace")[-4000:]

    def wait_exit(self, seconds):
        try:
            status = self.process.wait(seconds * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(
                f"still there {seconds} s after the signal\n{self.said()}")
        finally:
            self.process.stdout.close()
            self.log.close()
            self.session.close()
        return status

    def terminate(self, seconds=5):
        """SIGTERM: it must end by itself, in time, with status 0."""
        self.process.send_signal(signal.SIGTERM)
        status = self.wait_exit(seconds)
        assert status == 0, f"exit status {status}\n{self.said()}"

    def kill(self):
        self.process.kill()
        self.wait_exit(5)

    def close(self):
        """End of the test: nothing is left, and no sanitizer spoke up."""
        try:
            if self.process.poll() is None:
                self.terminate(20)
            said = SANITIZER.search(self.said())
            assert said is None, self.said()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    # ---- HTTP ----

    def url(self, path):
        """A path of the API; one that begins with a slash is taken whole."""
        return self.base + (path if path[:1] == "/" else "/api/v1/" + path)

    def ask(self, method, path, **more):
        more.setdefault("timeout", 60 * SLOW)
        return self.session.request(method, self.url(path), **more)

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, **more):
        return self.ask("POST", path, **more)

    def json(self, path, **query):
        answer = self.get(path, params=query)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def raw(self, data, seconds=10, end=False):
        """Send bytes as they are, and their end if told so; what comes back
        until the other side closes or has been silent for `seconds`."""
        got = b""
        with socket.create_connection(("127.0.0.1", self.port),
                                      10 * SLOW) as s:
            s.settimeout(seconds * SLOW)
            try:
                s.sendall(data)
                if end:
                    s.shutdown(socket.SHUT_WR)
                while True:
                    part = s.recv(65536)
                    if not part:
                        break
                    got += part
            except (socket.timeout, ConnectionError):
                pass
        return got

    # ---- jobs ----

    def submit(self, spec, **more):
        answer = self.post("jobs", json=spec, **more)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def job(self, number):
        return self.json(f"jobs/{number}")

    def act(self, number, what):
        return self.post(f"jobs/{number}/{what}")

    def until(self, condition, what, seconds=60):
        """Ask again and again; what condition() returned once it was true."""
        end = time.monotonic() + seconds * SLOW
        while True:
            value = condition()
            if value:
                return value
            assert time.monotonic() < end, f"waited in vain: {what}"
            time.sleep(0.01)

    def wait(self, number, *states, seconds=60):
        """The job, once it is in one of the states (else: once it ended)."""
        def there():
            job = self.job(number)
            if job["state"] in (states or ENDED):
                return job
            assert job["state"] not in ENDED, job
            return None

        return self.until(there, f"job {number}: {states or ENDED}", seconds)

    def wait_rows(self, number, curve, rows, seconds=60):
        """Until the curve has so many rows."""
        def there():
            for one in self.json(f"jobs/{number}/curves")["curves"]:
                if one["name"] == curve and one["points"] >= rows:
                    return True
            return False

        self.until(there, f"job {number}: {rows} rows of {curve}", seconds)

    def run(self, spec, state="succeeded", seconds=60):
        """Submit and wait for the end, which must be this one."""
        job = self.wait(self.submit(spec), seconds=seconds)
        assert job["state"] == state, \
            (job["state"], job["reason"], self.json(f"jobs/{job['id']}/log"))
        return job

    def curve(self, number, name, **query):
        return self.json(f"jobs/{number}/curves/{name}.json", **query)

    def table(self, number):
        return self.json(f"jobs/{number}/table")["evaluations"]

    def snapshots(self, number):
        """{kind: snapshot} of a job with one part."""
        listed = self.json("snapshots", job=number)["snapshots"]
        return {s["kind"]: s for s in listed}


shared_daemon = None


def shared():
    """The daemon that most tests use: no data sets, two workers."""
    global shared_daemon
    if shared_daemon is None:
        shared_daemon = Daemon()
    return shared_daemon


def close_shared():
    global shared_daemon
    if shared_daemon is not None:
        daemon, shared_daemon = shared_daemon, None
        daemon.close()
