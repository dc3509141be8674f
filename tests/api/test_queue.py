"""The queue: its order, its end, and that a full one harms nothing."""

import threading
import time
import unittest

import requests

from daemon import SLOW, Daemon
from specs import endless, tiny

LIMIT = 1000        # SERVER_QUEUE_LIMIT
CLIENTS = 32


class Queue(unittest.TestCase):
    def setUp(self):
        self.d = Daemon(workers=1)
        self.addCleanup(self.d.close)

    def test_priority(self):
        blocker = self.d.submit(endless(priority=100))
        self.d.wait(blocker, "running")
        order = [self.d.submit(tiny(priority=p)) for p in (0, 10, 0, 5)]
        self.d.ask("PATCH", f"jobs/{order[2]}", json={"priority": 20})
        plan = self.d.post("jobs?dry_run=1", json=tiny(priority=7)).json()
        self.assertEqual(plan["queue_position"], 3)
        self.d.act(blocker, "cancel")
        jobs = [self.d.wait(number) for number in order]
        ran = sorted(jobs, key=lambda job: job["started"])
        self.assertEqual([job["id"] for job in ran],
                         [order[2], order[1], order[3], order[0]])

    # Of little room on the disk, as a thousand are queued.
    waiting = endless(training={"epochs": 1000000, "horizon": 1000,
                                "points": 1000})

    def fill(self):
        """Many clients at once, until each was refused."""
        refused, lock = [], threading.Lock()

        def client():
            with requests.Session() as session:
                session.trust_env = False
                while True:
                    answer = session.post(self.d.url("jobs"), json=self.waiting,
                                          timeout=60 * SLOW)
                    if answer.status_code != 201:
                        break
                with lock:
                    refused.append(answer)

        clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
        return refused

    def test_full(self):
        key = {"Idempotency-Key": "early"}
        first = self.d.post("jobs", json=endless(), headers=key).json()["id"]
        self.d.wait(first, "running")
        refused = self.fill()
        self.assertEqual(len(refused), CLIENTS)
        for answer in refused:
            self.assertEqual(answer.status_code, 429, answer.text)
            self.assertEqual(answer.json()["code"], "queue_full")
            self.assertGreater(int(answer.headers["Retry-After"]), 0)
        self.assertEqual(self.d.json("server")["queue"],
                         {"queued": LIMIT, "running": 1})
        self.assertEqual(self.d.act(first, "duplicate").status_code, 429)
        # A repeated request is answered even now.
        again = self.d.post("jobs", json=endless(), headers=key)
        self.assertEqual((again.status_code, again.json()["id"]), (201, first))
        self.check_pages()
        self.d.act(first, "cancel")
        self.d.until(lambda: self.d.json("server")["queue"]["queued"] < LIMIT,
                     "a place in the queue")
        self.assertEqual(self.d.post("jobs", json=tiny()).status_code, 201)
        began = time.monotonic()
        self.d.terminate(5)
        self.assertLess(time.monotonic() - began, 5 * SLOW)
        self.d.start()
        queue = self.d.json("server")["queue"]
        self.assertEqual(queue["queued"] + queue["running"], LIMIT + 1)

    def check_pages(self):
        """Every job is listed once."""
        seen, cursor = [], ""
        while cursor is not None:
            page = self.d.json("jobs", limit=500, cursor=cursor)
            seen += [job["id"] for job in page["jobs"]]
            cursor = page["next_cursor"]
        self.assertEqual(seen, sorted(set(seen), reverse=True))
        self.assertEqual(len(seen), LIMIT + 1)
