"""A job that was interrupted ends as if it had not been, to the bit; and the
number of threads changes nothing either."""

import signal
import socket
import subprocess
import time
import unittest

from daemon import PROGRAM, SLOW, Daemon
from specs import endless, quadratic


def outcome(d, number):
    """All the numbers of a job that has ended."""
    training = d.curve(number, "training")
    assert training["columns"][-1] == "seconds"
    listed = d.json("snapshots", job=number)["snapshots"]
    return {
        "training": [row[:-1] for row in training["rows"]],
        "validation": d.curve(number, "validation")["rows"],
        "evaluation": d.curve(number, "evaluation")["rows"],
        "snapshots": sorted((s["kind"], s["epoch"], s["validation_loss"],
                             s["sha256"]) for s in listed),
        "results": d.job(number)["results"],
    }


class Resume(unittest.TestCase):
    maxDiff = 1000

    @classmethod
    def setUpClass(cls):
        d = Daemon()
        try:
            numbers = [d.submit(quadratic()), d.submit(quadratic(threads=2))]
            cls.whole, cls.threads = [
                outcome(d, d.wait(number)["id"]) for number in numbers]
        finally:
            d.close()

    def setUp(self):
        self.d = Daemon()
        self.addCleanup(self.d.close)

    def assertSame(self, other):
        for name, values in self.whole.items():
            self.assertTrue(values, name)
            self.assertEqual(other[name], values, name)

    def reach(self, number, curve, rows):
        """It runs, and has got so far, now or before it was interrupted."""
        self.d.wait(number, "running")
        self.d.wait_rows(number, curve, rows)
        self.assertEqual(self.d.job(number)["state"], "running",
                         "it ended before it could be interrupted")

    def log(self, number):
        return [line["text"] for line in
                self.d.json(f"jobs/{number}/log")["lines"]]

    def test_threads(self):
        """Two threads give the bits of one."""
        self.assertSame(self.threads)

    def test_threads_on_a_data_set(self):
        spec = {
            "problem": {"type": "mlp", "dataset": "synthetic-digits",
                        "hidden": [4], "batch": 32},
            "training": {"epochs": 3, "horizon": 10, "unroll": 5,
                         "validate_every": 2, "validation_runs": 2},
            "evaluation": [{"horizon": 10, "runs": 3, "tuning_runs": 1,
                            "baselines": ["adam"],
                            "learning_rates": [0.1, 0.01]}],
        }
        one, two = [outcome(self.d, self.d.run(dict(spec, threads=n))["id"])
                    for n in (1, 2)]
        self.assertEqual(one, two)

    def test_pause(self):
        number = self.d.submit(quadratic())
        for curve, rows in (("training", 10), ("training", 35),
                            ("evaluation", 1)):
            self.reach(number, curve, rows)
            self.assertEqual(self.d.act(number, "pause").json()["state"],
                             "paused")
            self.assertEqual(self.d.act(number, "resume").status_code, 200)
        self.d.wait(number)
        self.assertSame(outcome(self.d, number))
        self.assertEqual(self.log(number).count("resumed from its "
                                                "checkpoint"), 3)

    def test_terminate(self):
        """SIGTERM: the job goes back to the queue and goes on from there."""
        number = self.d.submit(quadratic())
        for curve, rows in (("training", 15), ("training", 40),
                            ("evaluation", 1)):
            self.reach(number, curve, rows)
            began = time.monotonic()
            self.d.terminate(5)
            self.assertLess(time.monotonic() - began, 5 * SLOW)
            self.d.start()
        job = self.d.wait(number)
        self.assertSame(outcome(self.d, number))
        self.assertEqual(job["attempts"], 4)
        self.assertEqual([s["state"] for s in job["states"]],
                         ["queued", "running"] * 4 + ["succeeded"])
        self.assertIn("server_stopped", [s["reason"] for s in job["states"]])
        self.assertEqual(self.log(number).count("resumed from its "
                                                "checkpoint"), 3)
        self.check_export(number)

    def check_export(self, number):
        """`l2ld export` writes what the server gave."""
        best = self.d.snapshots(number)["best"]["id"]
        files = {suffix: self.d.get(f"snapshots/{best}.{suffix}").content
                 for suffix in ("safetensors", "npz", "json")}
        self.d.terminate()
        for suffix, data in files.items():
            done = subprocess.run(
                [PROGRAM, "export", f"{best}.{suffix}", "--state",
                 str(self.d.state)], capture_output=True, timeout=20 * SLOW)
            self.assertEqual((done.returncode, done.stdout), (0, data))

    def test_kill(self):
        """kill -9, before and after there is a checkpoint to go on from."""
        number = self.d.submit(quadratic())
        # After epoch 25, whose snapshot is then made anew.
        self.reach(number, "training", 30)
        self.d.kill()
        self.d.start()
        self.reach(number, "training", 35)
        self.d.act(number, "pause")     # makes a checkpoint
        self.d.act(number, "resume")
        self.reach(number, "training", 45)
        self.d.kill()
        self.d.start()
        self.assertIn(self.d.job(number)["state"], ("queued", "running"))
        self.reach(number, "evaluation", 1)
        self.d.kill()
        self.d.start()
        job = self.d.wait(number)
        self.assertSame(outcome(self.d, number))
        self.assertIn("restarted", [s["reason"] for s in job["states"]])
        self.assertGreaterEqual(self.log(number).count("resumed from its "
                                                       "checkpoint"), 2)

    def test_checkpoint_comes_by_itself(self):
        """After some seconds a killed job need not begin anew; and what was
        told before is what is told afterwards."""
        number = self.d.submit(endless())
        self.reach(number, "training", 1)
        self.d.until(lambda: self.d.job(number)["run_seconds"] > 3,
                     "three seconds of work")
        rows = self.d.curve(number, "training")["rows"]
        self.d.kill()
        self.d.start()
        self.d.wait(number, "running")
        self.d.until(lambda: "resumed from its checkpoint" in
                     self.log(number), "a checkpoint")
        self.assertGreater(self.d.curve(number, "training")["seq"], 0)
        self.d.wait_rows(number, "training", len(rows) + 1)
        again = self.d.curve(number, "training")["rows"]
        self.assertEqual([row[:-1] for row in again[:len(rows)]],
                         [row[:-1] for row in rows])
        self.d.act(number, "cancel")

    def test_terminate_at_any_time(self):
        """The moment it says it is ready, and again while it is ending."""
        for _ in range(10):
            self.d.terminate(5)
            self.d.start()
        for _ in range(5):
            for _ in range(5):
                self.d.process.send_signal(signal.SIGTERM)
            self.d.terminate(5)
            self.d.start()

    def test_second_daemon(self):
        """One state folder, one daemon: a second one says so and ends."""
        done = subprocess.run(
            [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--state",
             str(self.d.state)], capture_output=True, timeout=20 * SLOW)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, b"")
        self.assertTrue(done.stderr.strip())
        self.assertEqual(self.d.get("readyz").status_code, 200)

    def test_terminate_with_polls_open(self):
        """Clients that wait do not hold up the end."""
        number = self.d.submit(endless())
        self.d.wait_rows(number, "training", 1)
        self.d.act(number, "pause")
        seq = self.d.curve(number, "training")["seq"]
        request = (f"GET /api/v1/jobs/{number}/curves/training.json?after="
                   f"{seq}&wait=30 HTTP/1.1\r\nHost: localhost:{self.d.port}"
                   "\r\n\r\n").encode()
        polls = [self.poll(request) for _ in range(8)]
        self.d.until(lambda: "\nl2ld_http_long_polls 8\n" in
                     self.d.get("metrics").text, "eight polls")
        began = time.monotonic()
        self.d.terminate(5)
        self.assertLess(time.monotonic() - began, 5 * SLOW)
        for one in polls:
            self.assertIn(one.recv(12), (b"HTTP/1.1 200", b"HTTP/1.1 503"))
            one.close()

    def poll(self, request):
        one = socket.create_connection(("127.0.0.1", self.d.port), 10 * SLOW)
        one.sendall(request)
        return one
