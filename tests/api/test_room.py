"""Jobs wait while the disk is full, and go on by themselves."""

import unittest

from mounts import Small, need_mounts
from specs import endless, tiny


class Room(unittest.TestCase):
    def setUp(self):
        need_mounts()

    def small(self, reserve=0):
        d = Small(reserve)
        self.addCleanup(d.close)
        spec = endless()
        spec["training"]["points"] = 8000
        return d, [d.submit(spec) for _ in range(3)]

    def go_on(self, d, jobs):
        """The first two run, and get on."""
        d.until(lambda: d.get("readyz").status_code == 200, "readiness")
        for number in jobs[:2]:
            d.wait(number, "running")
            d.until(lambda: d.job(number)["reason"] is None, "room")
            done = d.job(number)["progress"]["done"]
            d.until(lambda: d.job(number)["progress"]["done"] > done,
                    "progress")
        self.assertEqual(d.job(jobs[2])["state"], "queued")

    def wait(self, d, jobs):
        """They wait, and are kept; what would write is refused."""
        d.until(lambda: d.get("readyz").status_code == 503, "a full disk")
        self.assertIn(d.get("readyz").json()["code"],
                      ("disk_full", "disk_reserve"))
        for number in jobs[:2]:
            d.until(lambda: d.job(number)["reason"] == "disk_full",
                    "a job that waits")
            # Where nothing can be written its row says still that it runs.
            self.assertIn(d.job(number)["state"], ("running", "queued"))
        answer = d.post("jobs", json=tiny())
        self.assertEqual((answer.status_code, answer.json()["code"]),
                         (507, "disk_full"))
        self.assertEqual(d.act(jobs[0], "duplicate").status_code, 507)
        self.assertEqual(len(d.json("jobs")["jobs"]), 3)

    def test_to_the_last_byte(self):
        d, jobs = self.small()
        self.go_on(d, jobs)
        d.fill()
        self.wait(d, jobs)
        d.room()
        self.go_on(d, jobs)
        self.assertEqual([d.job(n)["crashes"] for n in jobs], [0, 0, 0])

    def test_reserve(self):
        """Before the last of it is written."""
        d, jobs = self.small(reserve=1)
        self.go_on(d, jobs)
        d.fill(left=800000)
        self.wait(d, jobs)
        d.room()
        self.go_on(d, jobs)

    def test_cancelled(self):
        """One that waits can be cancelled once there is room."""
        d, jobs = self.small()
        self.go_on(d, jobs)
        d.fill()
        self.wait(d, jobs)
        d.room()
        d.until(lambda: d.act(jobs[0], "cancel").status_code == 200, "room")
        d.wait(jobs[0], "cancelled")
        d.wait(jobs[2], "running")

    def test_ended(self):
        """A server ends as it should while its disk is full."""
        d, jobs = self.small()
        self.go_on(d, jobs)
        d.fill()
        self.wait(d, jobs)
        d.terminate(20)
