"""The daemon as a service: what systemd hears, signals, the log."""

import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import requests

from daemon import PROGRAM, SLOW, Daemon
from specs import endless, tiny
from threads import Stopped

FORM = re.compile(
    r'(?:<[3467]>|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z )'
    r'level=(?:error|warn|info|debug)(?: \w+=(?:[^\s"=\\]*|"(?:[^"\\]|\\.)*"))*'
    r' msg="(?:[^"\\]|\\.)*"')


def long_epochs(**members):
    """A job that is asked what others want of it every minute or so."""
    return endless(problem={"type": "quadratic", "variables": 128},
                   optimizer={"layers": [64, 64]},
                   training={"epochs": 10, "horizon": 20000, "unroll": 20,
                             "meta_batch": 32, "validate_every": 0},
                   **members)


# Threads are left behind on purpose where a job does not stop in time.
LEFT = {"TSAN_OPTIONS": os.environ.get("TSAN_OPTIONS", "") +
        ":report_thread_leaks=0"}


class Systemd:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(name)
        self.address = ("@" + name[1:]) if name[0] == "\0" else name

    def hear(self, seconds):
        """The next message as a dictionary; None when there is none in time."""
        if not select.select([self.socket], [], [], seconds)[0]:
            return None
        text = self.socket.recv(4096).decode()
        return dict(line.split("=", 1) for line in text.split("\n"))

    def until(self, key, seconds=30):
        """The first message with this key, and those before it."""
        before, end = [], time.monotonic() + seconds * SLOW
        while True:
            message = self.hear(max(0, end - time.monotonic()))
            assert message is not None, (f"no {key}", before)
            if key in message:
                return message, before
            before.append(message)

    def close(self):
        self.socket.close()


class Service(unittest.TestCase):
    def begin(self, seconds=None, configuration=None, **more):
        """A daemon and its systemd, which has heard nothing yet."""
        name = f"\0l2ld-test-{os.getpid()}-{id(self)}-{time.monotonic_ns()}"
        systemd = Systemd(name)
        self.addCleanup(systemd.close)
        environment = dict(NOTIFY_SOCKET=systemd.address)
        if seconds is not None:
            environment["WATCHDOG_USEC"] = str(int(seconds * 1e6))
        environment.update(more.pop("environment", {}))
        d = Daemon(environment=environment, **more)
        self.addCleanup(d.close)
        return d, systemd

    def configured(self, text, **more):
        """The same with a configuration file, d.file."""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        file = os.path.join(folder, "l2ld.conf")
        with open(file, "w") as f:
            f.write(text)
        d, systemd = self.begin(options=("--config", file), **more)
        d.file = file
        systemd.until("READY")
        return d, systemd

    def reload(self, d, systemd, text):
        """Change the file, say so; what systemd hears at the end."""
        with open(d.file, "w") as f:
            f.write(text)
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        d.process.send_signal(signal.SIGHUP)
        message, _ = systemd.until("RELOADING")
        after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self.assertEqual(message["RELOADING"], "1")
        self.assertLessEqual(before, int(message["MONOTONIC_USEC"]))
        self.assertLessEqual(int(message["MONOTONIC_USEC"]), after)
        return systemd.until("READY")[0]

    # ---- systemd ----

    def test_ready_status_stopping(self):
        d, systemd = self.begin()
        message = systemd.hear(0)
        # It is there as soon as the address is announced.
        if message is None:
            message = systemd.hear(10 * SLOW)
        self.assertEqual(message["READY"], "1")
        self.assertEqual(d.get("/readyz").status_code, 200)
        number = d.submit(endless())
        d.wait(number, "running")
        d.until(lambda: systemd.until("STATUS")[0]["STATUS"] ==
                "1 running, 0 queued", "a status with the job")
        d.process.send_signal(signal.SIGTERM)
        message, before = systemd.until("STOPPING")
        self.assertEqual(message["STOPPING"], "1")
        self.assertFalse([m for m in before if "WATCHDOG" in m])
        self.assertEqual(d.wait_exit(20), 0)

    def test_watchdog(self):
        d, systemd = self.begin(seconds=2)
        systemd.until("READY")
        for _ in range(3):
            self.assertEqual(systemd.until("WATCHDOG")[0]["WATCHDOG"], "1")
        # While the process stands still there is no sign.
        d.process.send_signal(signal.SIGSTOP)
        while systemd.hear(0.2):
            pass
        self.assertIsNone(systemd.hear(4))
        d.process.send_signal(signal.SIGCONT)
        systemd.until("WATCHDOG")

    def test_watchdog_of_another_process(self):
        d, systemd = self.begin(seconds=1,
                                environment={"WATCHDOG_PID": "1"})
        systemd.until("READY")
        end = time.monotonic() + 3
        while time.monotonic() < end:
            self.assertNotIn("WATCHDOG", systemd.hear(0.5) or {})

    def test_long_epochs(self):
        """They are no silence, and the end does not wait for them."""
        d, systemd = self.begin(seconds=2, environment=LEFT)
        self.compute(d)
        end = time.monotonic() + 15
        while time.monotonic() < end:
            systemd.until("WATCHDOG")
        self.assertNotIn("has not moved", d.said())
        d.process.send_signal(signal.SIGTERM)
        self.assertEqual(d.wait_exit(20), 0)
        self.assertIn("jobs take long to stop", d.said())
        self.assertIn("from their last checkpoint", d.said())

    def test_one_thread_hangs(self):
        """Whichever it is, systemd hears no more of a daemon that else
        works; all three at a time, for they take a while."""
        parts = (("writer", "the database's writer"), ("worker", "a worker"),
                 ("deadlines", "the HTTP side"))
        found, threads = {}, []
        for name, what in parts:
            d, systemd = self.begin(seconds=2)
            systemd.until("READY")
            thread = threading.Thread(target=self.hang, args=(
                d, systemd, Stopped(d.process.pid, name), name, what, found))
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join()
        for name, _ in parts:
            self.assertEqual(found[name], "heard again")

    def hang(self, d, systemd, stopped, name, what, found):
        found[name] = "failed"
        # The writer has something to do: readyz tries a write.
        ask = f"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:{d.port}\r\n\r\n"
        threading.Thread(target=d.raw, args=(ask.encode(),)).start()
        d.until(lambda: f"{what} has not moved" in d.said(),
                f"a word about {what}")
        while systemd.hear(0.1):
            pass
        end = time.monotonic() + 4
        while time.monotonic() < end:
            assert "WATCHDOG" not in (systemd.hear(0.5) or {}), name
        stopped.go_on()
        systemd.until("WATCHDOG")
        assert "everything moves again" in d.said()
        found[name] = "heard again"

    # ---- SIGHUP ----

    def test_reload(self):
        d, systemd = self.configured("verbose = no\n", workers=2)
        name = {"Host": f"lab.example:{d.port}"}
        stranger = d.get("/healthz", headers=name).status_code
        self.assertGreaterEqual(stranger, 400)
        said = self.reload(d, systemd, "verbose = yes\nhost = lab.example\n"
                           "threads = 3\n")
        self.assertEqual(said["STATUS"], "Reloaded")
        self.assertEqual(d.get("/healthz", headers=name).status_code, 200)
        log = d.said()
        for line in ('level=info option=host msg="changed"',
                     'level=info option=verbose msg="changed"',
                     'level=warn option=threads msg="a change takes effect '
                     'with the next start"', "path=/healthz status=200"):
            self.assertIn(line, log)
        self.assertEqual(d.json("server")["workers"], 2)
        # What a job may take is another at once: no job is so small.
        self.assertTrue(self.admitted(d))
        self.reload(d, systemd, "job-memory = 1\n")
        self.assertFalse(self.admitted(d))
        self.assertIn(f'l2ld_limit_bytes{{of="job_memory"}} {1 << 20}\n',
                      d.get("/metrics").text)
        # And back.
        self.reload(d, systemd, "")
        self.assertEqual(d.get("/healthz", headers=name).status_code,
                         stranger)
        self.assertTrue(self.admitted(d))

    def admitted(self, d):
        return d.post("jobs", json=endless(),
                      params={"dry_run": 1}).json()["admitted"]

    def test_reload_of_a_bad_file(self):
        d, systemd = self.configured("host = lab.example\n")
        name = {"Host": f"lab.example:{d.port}"}
        for text, why in (("host = other.example\nverbose = perhaps\n",
                           "line 2: verbose must be yes or no"),
                          ("nonsense\n", "line 1: write `name = value`"),
                          ("host = a\n" * 9, "line 9: host may be given")):
            said = self.reload(d, systemd, text)
            self.assertTrue(said["STATUS"].startswith("Not reloaded: "), said)
            self.assertIn(why, said["STATUS"])
            self.assertIn("the configuration stays as it was", d.said())
            self.assertEqual(d.get("/healthz", headers=name).status_code, 200)
        os.unlink(d.file)
        d.process.send_signal(signal.SIGHUP)
        self.assertIn("l2ld.conf", systemd.until("READY")[0]["STATUS"])
        self.assertEqual(d.get("/healthz", headers=name).status_code, 200)

    def test_the_command_line_overrides(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        file = os.path.join(folder, "l2ld.conf")
        open(file, "w").close()
        d, systemd = self.begin(
            options=("--config", file, "--host", "given.example"))
        d.file = file
        self.reload(d, systemd, "host = more.example\n")
        for host in ("given.example", "more.example"):
            answer = d.get("/healthz", headers={"Host": f"{host}:{d.port}"})
            self.assertEqual(answer.status_code, 200, host)

    # ---- the end ----

    def compute(self, d):
        """A job, once it is in the midst of a long epoch."""
        def spent():
            return float(re.search(r"^process_cpu_seconds_total (\S+)",
                                   d.get("/metrics").text, re.M)[1])

        number = d.submit(long_epochs(threads=1))
        d.wait(number, "running")
        before = spent()
        d.until(lambda: spent() > before + 0.5, "work")
        return number

    def test_second_signal(self):
        """A job that would take a minute to stop is left where it is; the next
        start goes on with it."""
        for name in (signal.SIGTERM, signal.SIGINT):
            d = Daemon(environment=LEFT)
            self.addCleanup(d.close)
            number = self.compute(d)
            d.process.send_signal(name)
            d.until(lambda: "ending" in d.said(), "the end's begin")
            d.process.send_signal(name)
            self.assertEqual(d.wait_exit(10), 0)
            self.assertIn("a second signal: no more checkpoints", d.said())
            d.start()
            job = d.wait(number, "running")
            self.assertEqual(job["attempts"], 2)
            d.process.send_signal(name)
            d.process.send_signal(name)
            self.assertEqual(d.wait_exit(20), 0)
            d.start()
            d.kill()

    @unittest.skipUnless(shutil.which("strace"), "strace is missing")
    def test_a_failed_sync_ends_it(self):
        """What the disk holds is not known then: no more is promised."""
        d = Daemon()
        self.addCleanup(d.close)
        d.terminate()
        d.before = ["strace", "-f", "-qq", "-o", "/dev/null",
                    "-e", "inject=fdatasync:error=EIO:when=30+"]
        d.start()
        codes = set()
        while d.process.poll() is None:
            try:
                answer = d.get("/readyz")
            except requests.ConnectionError:
                break
            if answer.status_code != 200:
                codes.add(answer.json()["code"])
            time.sleep(0.01)
        self.assertIn("database_broken", codes)
        self.assertLessEqual(codes, {"database_broken", "stopping"})
        self.assertEqual(d.wait_exit(20), 1)
        self.assertIn("the database cannot be written any more", d.said())
        d.before = []
        d.start()

    # ---- the log ----

    def journal(self, options=(), environment=None):
        """A daemon whose standard error is what JOURNAL_STREAM says."""
        class Journal(Daemon):
            def start(self):
                path = self.folder / "stderr"
                path.touch()
                found = path.stat()
                self.environment["JOURNAL_STREAM"] = (
                    f"{found.st_dev}:{found.st_ino}")
                self.environment.update(environment or {})
                super().start()

        d = Journal(options=options)
        self.addCleanup(d.close)
        return d

    def lines(self, d):
        return (d.folder / "stderr").read_text().splitlines()

    def test_journal(self):
        d = self.journal()
        d.run(tiny())
        d.terminate()
        lines = self.lines(d)
        self.assertGreater(len(lines), 4)
        for line in lines:
            self.assertRegex(line, FORM)
            self.assertRegex(line, r"^<[346]>level=")
        self.assertTrue([line for line in lines if line.startswith(
            '<6>level=info job=1 msg="started, attempt 1')], lines)

    def test_not_the_journal(self):
        d = self.journal(environment={"JOURNAL_STREAM": "1:1"})
        d.terminate()
        for line in self.lines(d):
            self.assertRegex(line, r"^\d{4}-")
            self.assertRegex(line, FORM)

    def test_log_forging(self):
        for form in ("logfmt", "json"):
            d = Daemon(options=("--verbose", "--log", form))
            self.addCleanup(d.close)
            path = b'/a"level=error="\\%0alevel=error'
            d.raw(b"GET " + path + b" HTTP/1.1\r\nHost: 127.0.0.1:" +
                  str(d.port).encode() + b"\r\nConnection: close\r\n\r\n")
            d.submit(tiny(name='x" level=error msg="y'))
            d.terminate()
            for line in self.lines(d):
                if form == "logfmt":
                    self.assertTrue(FORM.fullmatch(line), line)
                    self.assertNotRegex(line, "Z level=error")
                else:
                    found = json.loads(line)
                    self.assertNotEqual(found["level"], "error")
                    self.assertRegex(found["time"], r"^\d{4}-.*Z$")
                    self.assertTrue(found["msg"])
            self.assertTrue([line for line in self.lines(d)
                             if "method" in line and "/a" in line])

    # ---- the state folder ----

    def test_state_directory(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        process = subprocess.Popen(
            [PROGRAM, "serve", "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=dict(os.environ, STATE_DIRECTORY=f"{folder}/one:{folder}/two"))
        self.assertIn(b" ready: ", process.stdout.readline())
        process.terminate()
        self.assertEqual(process.wait(20 * SLOW), 0)
        process.stdout.close()
        self.assertEqual(os.listdir(folder), ["one"])
        self.assertIn("l2ld.sqlite", os.listdir(f"{folder}/one"))
