"""/metrics: its form, and that each figure is what it says."""

import re
import socket
import threading
import time

from case import Case
from daemon import SLOW
from specs import endless, tiny


class Figures(Case):
    """Every figure moves when what it counts does."""

    def figures(self, d=None):
        """{(name, labels): value}, of Prometheus' text format 0.0.4."""
        text = (d or self.d).get("/metrics").text
        self.assertTrue(text.endswith("\n"))
        kinds, helps, found, last = {}, set(), {}, None
        for line in text[:-1].split("\n"):
            head = re.fullmatch(
                r"# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)", line)
            if head and head[1] == "HELP":
                self.assertNotIn(head[2], helps)
                helps.add(head[2])
                last = head[2]
            elif head:
                self.assertEqual(head[2], last)
                self.assertNotIn(last, kinds)
                kinds[last] = head[3]
                self.assertIn(head[3], ("gauge", "counter"))
                self.assertEqual(last.endswith("_total"),
                                 head[3] == "counter")
            else:
                sample = re.fullmatch(
                    r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-z_]+="[^"\\\n]*"'
                    r',?)+)\})? (-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN)',
                    line)
                self.assertIsNotNone(sample, line)
                # The samples of a family stand together, below its head.
                self.assertEqual(sample[1], last, line)
                self.assertIn(last, kinds, line)
                self.assertNotIn((sample[1], sample[2]), found)
                found[sample[1], sample[2]] = float(sample[3])
        self.assertEqual({name for name, _ in found}, set(kinds))
        return found

    def get(self, name, label=None):
        return self.figures()[name, label]

    def grows(self, name, label, act):
        """act makes it larger, at once or soon."""
        before = self.get(name, label)
        act()
        self.d.until(lambda: self.get(name, label) > before,
                     f"{name}{{{label}}} above {before}")

    def test_jobs(self):
        d = self.d
        self.assertEqual(self.get("l2ld_workers"), 2)
        self.assertEqual(self.get("l2ld_workers_started"), 2)
        self.assertEqual(self.get("l2ld_workers_busy"), 0)
        self.assertEqual(self.get("l2ld_job_queue_age_seconds"), 0)
        rows = self.get("l2ld_curve_rows_total")
        numbers = [d.submit(endless()) for _ in range(3)]
        for number in numbers[:2]:
            d.wait(number, "running")
        found = self.figures()
        self.assertEqual(found["l2ld_jobs", 'state="running"'], 2)
        self.assertEqual(found["l2ld_jobs", 'state="queued"'], 1)
        self.assertEqual(found["l2ld_workers_busy", None], 2)
        d.until(lambda: self.get("l2ld_job_queue_age_seconds") > 0.01,
                "an age of the queue")
        d.until(lambda: self.get("l2ld_curve_rows_total") > rows,
                "rows of curves")
        d.act(numbers[2], "pause")
        self.assertEqual(self.get("l2ld_jobs", 'state="paused"'), 1)
        for state, act in (("cancelled", lambda: d.act(numbers[0], "cancel")),
                           ("succeeded", lambda: d.run(tiny()))):
            d.act(numbers[1], "cancel")
            self.grows("l2ld_jobs", f'state="{state}"', act)

    def test_database(self):
        d = self.d

        def write():
            d.submit(tiny())

        self.grows("l2ld_database_commits_total", None, write)
        self.grows("l2ld_database_checkpoints_total", None, write)
        found = self.figures()
        self.assertEqual(
            (d.state / "l2ld.sqlite").stat().st_size,
            found["l2ld_database_bytes", None])
        self.assertGreater(found["l2ld_disk_free_bytes", None], 0)
        for name in ("write_errors_total", "checkpoint_errors_total",
                     "broken", "full_seconds"):
            self.assertEqual(found["l2ld_database_" + name, None], 0)
        d.until(lambda: self.get("l2ld_database_commit_age_seconds") > 1,
                "a second without a write")
        write()
        self.assertLess(self.get("l2ld_database_commit_age_seconds"), 1)

    def test_http(self):
        d = self.d
        for label, path in (('code="2xx"', "/healthz"),
                            ('code="4xx"', "/nowhere")):
            self.grows("l2ld_http_responses_total", label,
                       lambda: d.get(path))
        before = self.figures()
        sockets = [socket.create_connection(("127.0.0.1", d.port))
                   for _ in range(5)]
        d.until(lambda: self.get("l2ld_http_connections") >=
                before["l2ld_http_connections", None] + 5, "connections")
        self.assertGreaterEqual(
            self.get("l2ld_http_connections_total"),
            before["l2ld_http_connections_total", None] + 5)
        self.assertGreaterEqual(self.get("process_open_fds"),
                                before["process_open_fds", None] + 5)
        self.assertGreaterEqual(self.get("process_threads"),
                                before["process_threads", None] + 5)
        for s in sockets:
            s.close()
        d.until(lambda: self.get("l2ld_http_connections") <=
                before["l2ld_http_connections", None], "connections gone")
        self.grows("l2ld_http_connections_shut_total", 'reason="crowd"',
                   self.crowd)

    def crowd(self):
        sockets = [socket.create_connection(("127.0.0.1", self.d.port))
                   for _ in range(140)]
        time.sleep(1)
        for s in sockets:
            s.close()

    def test_long_polls(self):
        d = self.d
        number = d.submit(endless())
        d.wait_rows(number, "training", 1)
        d.act(number, "pause")
        rows = d.curve(number, "training")["seq"]
        poll = threading.Thread(target=d.raw, args=(
            f"GET /api/v1/jobs/{number}/curves/training.json?after={rows}&"
            f"wait=5 HTTP/1.1\r\nHost: 127.0.0.1:{d.port}\r\n"
            "Connection: close\r\n\r\n".encode(),))
        poll.start()
        d.until(lambda: self.get("l2ld_http_long_polls") == 1, "a poll")
        d.act(number, "cancel")
        poll.join()
        d.until(lambda: self.get("l2ld_http_long_polls") == 0, "none")

    def test_process(self):
        found = self.figures()
        self.assertLess(abs(time.time() -
                            found["process_start_time_seconds", None] -
                            found["l2ld_uptime_seconds", None]), 2 * SLOW)
        pid = self.d.process.pid
        with open(f"/proc/{pid}/status") as status:
            resident = int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])
        self.assertLess(abs(found["process_resident_memory_bytes", None] /
                            1024 - resident), resident / 2)
        self.assertGreater(found["process_max_fds", None],
                           found["process_open_fds", None])
        self.grows("process_cpu_seconds_total", None,
                   lambda: self.d.run(tiny()))
        for part in ("writer", "workers", "http"):
            self.assertLess(found["l2ld_silent_seconds", f'part="{part}"'],
                            10 * SLOW)
