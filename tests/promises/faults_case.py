"""A daemon some of whose calls fail, for faults.py: started or at work, given a
few things to do, ended; and what it acknowledged meanwhile."""

import re
import select
import signal
import subprocess
import time

import requests

from daemon import ENDED, PROGRAM, SANITIZER, SLOW, die_with_parent
from specs import endless, tiny

FILES = ("l2ld.sqlite", "l2ld.sqlite-wal", "l2ld.sqlite-shm",
         "l2ld.sqlite-journal", "l2ld.sqlite.lock")
SECONDS = 20        # for an answer, and for an end
REFUSED = (503, 507)    # "nothing was changed"


class Broken(AssertionError):
    """The daemon broke its word."""


def insist(true, *what):
    if not true:
        raise Broken(*what)


class Gone(Exception):
    """The daemon has ended, or is about to."""


class Case:
    """One rule of strace.  told: what was acknowledged; refused: names of jobs
    that were to be none."""

    def __init__(self, folder, start, rule, known, file):
        self.folder, self.start, self.rule = folder, start, rule
        self.known, self.file = known, file
        self.told, self.refused = {}, []
        self.acknowledged = 0
        self.by_itself = False
        self.tracer = self.process = None
        self.session = requests.Session()
        self.session.trust_env = False

    def strace(self):
        call = self.rule.partition(":")[0]
        state = str(self.folder / "state")
        paths = [word for name in FILES for word in ("-P", f"{state}/{name}")]
        return ["strace", "-f", "-qq", "-o", str(self.folder / "trace"),
                *paths, "-e", f"trace={call}", "-e", f"inject={self.rule}"]

    def run(self):
        command = [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--workers",
                   "1", "--state", str(self.folder / "state"), "--data",
                   str(self.folder / "data")]
        if self.start != "at work":
            # The daemon is our child, strace its own.
            command = self.strace() + ["-D", "--seccomp-bpf", *command]
        with open(self.folder / "stderr", "wb") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log,
                preexec_fn=die_with_parent)
        if self.ready():
            if self.start == "at work":
                self.attach()
            try:
                self.work()
            except Gone:
                pass
        self.await_end()

    def ready(self):
        """False when it ended instead."""
        out = select.select([self.process.stdout], [], [], SECONDS * SLOW)[0]
        insist(out, "neither ready nor ended")
        found = re.search(rb":(\d+)/\n$", self.process.stdout.readline())
        if found:
            self.base = f"http://127.0.0.1:{int(found[1])}/api/v1/"
        return found is not None

    def attach(self):
        self.tracer = subprocess.Popen(
            [word for word in self.strace() if word != "-qq"] +
            ["-p", str(self.process.pid)], stderr=subprocess.PIPE,
            preexec_fn=die_with_parent)
        line = self.tracer.stderr.readline()
        insist(b"attached" in line, line)

    # ---- what it is asked for ----

    def ask(self, method, path, **more):
        """(status, answer)."""
        try:
            answer = self.session.request(method, self.base + path,
                                          timeout=SECONDS * SLOW, **more)
            status = answer.status_code
            insist(status < 500 or status in (500, 503, 507), status)
            if status < 300 and method != "GET":
                self.acknowledged += 1
            return status, answer.json() if status != 204 else None
        except (requests.Timeout, ValueError) as error:
            raise Broken(method, path, repr(error)) from error
        except requests.RequestException as error:
            raise Gone from error

    def submit(self, name, spec):
        status, answer = self.ask("POST", "jobs", json=dict(spec, name=name))
        if status == 201:
            self.told[name] = answer["id"]
        elif status in REFUSED:
            self.refused.append(name)

    def work(self):
        told = self.told
        self.submit("quick", tiny(priority=50))
        self.submit("second", endless(priority=40))
        if "quick" in told:
            if self.ask("PATCH", f"jobs/{told['quick']}",
                        json={"notes": "changed"})[0] == 200:
                told["renamed"] = True
        if "second" in told:
            if self.ask("POST", f"jobs/{told['second']}/cancel")[0] == 200:
                told["cancelled"] = True
        if self.known:
            told["deleting"] = True
            if self.ask("DELETE", f"jobs/{self.known['victim']}")[0] == 204:
                told["deleted"] = True
        status, answer = self.ask(
            "POST", "snapshots", data=self.file,
            headers={"Content-Type": "application/octet-stream"})
        if status == 201:
            told["imported"] = (answer["id"], answer["sha256"])
        if "quick" in told:
            self.await_quick(told["quick"])
        for path in ("jobs", "server", "snapshots"):
            self.ask("GET", path)
        # Past the time after which the idle log is emptied.
        time.sleep(1.2)

    def await_quick(self, number):
        """For a while: a fault may keep it from ending."""
        end = time.monotonic() + 2 * SLOW
        while time.monotonic() < end:
            status, job = self.ask("GET", f"jobs/{number}")
            if status == 200 and job["state"] in ENDED:
                self.told["finished"] = job["state"]
                break
            time.sleep(0.02)

    # ---- how it ended ----

    def await_end(self):
        self.by_itself = self.process.poll() is not None
        if not self.by_itself:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.status = self.process.wait(SECONDS * SLOW)
        except subprocess.TimeoutExpired:
            raise Broken("it does not end") from None
        if self.tracer is not None:
            self.tracer.wait(SECONDS)

    def injected(self):
        try:
            trace = (self.folder / "trace").read_text(errors="replace")
        except FileNotFoundError:
            return []
        return [line for line in trace.splitlines() if "(INJECTED)" in line]

    def said(self):
        try:
            return (self.folder / "stderr").read_text(errors="replace")[-3000:]
        except FileNotFoundError:
            return ""

    def check_end(self, injected):
        insist(self.status >= 0, "ended by signal", -self.status)
        insist(self.status in (0, 1), "status", self.status)
        insist(SANITIZER.search(self.said()) is None, "sanitizer")
        if self.status != 0:
            insist("level=error" in self.said() or "l2ld:" in self.said(),
                   "it did not say why")
        if any("sync(" in line for line in injected):
            insist(self.status != 0, "a failed fsync was hidden", injected)

    def end(self):
        for process in (self.process, self.tracer):
            if process is not None:
                process.kill()
                process.wait()
        for pipe in (self.process and self.process.stdout,
                     self.tracer and self.tracer.stderr):
            if pipe:
                pipe.close()
