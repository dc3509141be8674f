"""What a job may take: refused at its submission, or let wait; what it leaves:
thinned, kept in part, given back."""

import unittest

from case import Case
from daemon import Daemon
from specs import endless, quadratic, tiny
from test_resume import outcome

MIB = 1 << 20


def large(**training):
    """Some 40 MiB of memory, and 5 of disk."""
    return tiny(problem={"type": "quadratic", "variables": 500},
                training=dict({"epochs": 100000, "horizon": 20, "unroll": 20,
                               "meta_batch": 16, "validate_every": 0},
                              **training), evaluation=[])


class Budgets(unittest.TestCase):
    def daemon(self, *options, workers=1):
        d = Daemon(workers=workers, options=options)
        self.addCleanup(d.close)
        return d

    def refused(self, answer, pointer, *words):
        self.assertEqual(answer.status_code, 422, answer.text)
        problem = answer.json()
        self.assertEqual(problem["code"], "invalid_spec")
        (error,) = problem["errors"]
        self.assertEqual((error["code"], error["pointer"]),
                         ("too_large", pointer))
        for word in words:
            self.assertIn(word, error["detail"])

    def test_memory_of_one(self):
        d = self.daemon("--job-memory", "20", "--memory", "30")
        self.refused(d.post("jobs", json=large()), "/training",
                     "20.0 MiB", "--job-memory")
        plan = d.post("jobs?dry_run=1", json=large()).json()
        self.assertGreater(plan["estimate"]["memory_bytes"], 30 * MIB)
        self.assertFalse(plan["admitted"])
        self.assertEqual((plan["refusal"]["code"], plan["refusal"]["pointer"]),
                         ("too_large", "/training"))
        plan = d.post("jobs?dry_run=1", json=tiny()).json()
        self.assertIs(plan["admitted"], True)
        self.assertIsNone(plan["refusal"])
        job = d.run(tiny())
        self.assertEqual(job["estimate"],
                         {name: plan["estimate"][name]
                          for name in ("memory_bytes", "disk_bytes")})
        self.assertEqual(d.json("server")["budgets"],
                         {"memory": 30 * MIB, "job_memory": 20 * MIB,
                          "disk": None, "job_disk": None})

    def test_disk_of_one(self):
        d = self.daemon("--job-disk", "1")
        spec = endless(evaluation=[{"horizon": 10, "runs": 1,
                                    "tuning_runs": 1}])
        self.refused(d.post("jobs", json=spec), "/training", "1.0 MiB",
                     "--job-disk")
        spec = tiny(evaluation=[{}, {"horizon": 10000, "runs": 1,
                                     "tuning_runs": 1}])
        self.refused(d.post("jobs", json=spec), "/evaluation/1", "--job-disk")
        self.assertEqual(d.post("jobs", json=tiny()).status_code, 201)

    def test_disk_of_all(self):
        d = self.daemon("--disk", "8")
        first = d.submit(large())
        d.wait(first, "running")
        answer = d.post("jobs", json=large())
        self.assertEqual(answer.status_code, 507)
        self.assertEqual(answer.json()["code"], "disk_full")
        self.assertRegex(answer.json()["detail"], r"[45]\.\d MiB.*--disk")
        plan = d.post("jobs?dry_run=1", json=large()).json()
        self.assertEqual(plan["refusal"]["code"], "disk_full")
        self.assertEqual(d.act(first, "duplicate").status_code, 507)
        # One that is paused writes nothing more; to go on it needs room.
        d.act(first, "pause")
        second = d.submit(large())
        self.assertEqual(d.act(first, "resume").status_code, 507)
        self.assertEqual(d.act(first, "retry").status_code, 507)
        self.assertEqual(d.job(first)["state"], "paused")
        d.act(second, "cancel")
        self.assertEqual(d.act(first, "resume").status_code, 200)
        d.act(first, "cancel")

    def test_free_disk(self):
        d = self.daemon("--disk-reserve", str(1 << 25))
        answer = d.post("jobs", json=tiny())
        self.assertEqual((answer.status_code, answer.json()["code"]),
                         (507, "disk_full"))
        self.assertIn("--disk-reserve", answer.json()["detail"])
        self.assertEqual(d.get("readyz").json()["code"], "disk_reserve")
        self.assertEqual(d.json("jobs")["jobs"], [])

    def test_memory_of_all(self):
        """Jobs that do not fit beside those that run wait, also behind one that
        is too large for now."""
        size = self.daemon().post("jobs?dry_run=1", json=large()).json()
        mib = size["estimate"]["memory_bytes"] // MIB
        d = self.daemon("--memory", str(int(1.5 * mib)), workers=3)
        one = d.submit(large())
        d.wait(one, "running")
        two, small = d.submit(large()), d.submit(tiny())
        self.assertEqual([d.job(n)["state"] for n in (one, two, small)],
                         ["running", "queued", "queued"])
        self.assertEqual([d.job(n)["waits_for"] for n in (one, two, small)],
                         [None, "memory", "turn"])
        d.act(one, "cancel")
        d.wait(two, "running")
        d.wait(small)
        self.assertEqual(d.job(two)["state"], "running")
        d.act(two, "cancel")

    def test_budget_was_lowered(self):
        d = self.daemon()
        d.act(d.submit(large()), "pause")
        number = d.submit(large())
        d.terminate()
        d.options += ["--memory", "20"]
        d.start()
        job = d.wait(number)
        self.assertEqual((job["state"], job["reason"]),
                         ("failed", "too_large"))


class Priorities(unittest.TestCase):
    """A job of higher priority takes the place of a running one, which goes on
    later to the same bits."""
    maxDiff = 1000

    def setUp(self):
        self.d = Daemon(workers=1)
        self.addCleanup(self.d.close)

    def test_preempted(self):
        whole = outcome(self.d, self.d.run(quadratic())["id"])
        low = self.d.submit(quadratic())
        for rows in (5, 30):
            self.d.wait_rows(low, "training", rows)
            high = self.d.submit(tiny(priority=5))
            self.d.wait(high)
        job = self.d.wait(low)
        self.assertEqual([s["reason"] for s in job["states"]].count(
            "preempted"), 2)
        self.assertEqual(outcome(self.d, low), whole)

    def test_priority_is_changed(self):
        """Of a running job and of a queued one."""
        first = self.d.submit(endless())
        self.d.wait(first, "running")
        second = self.d.submit(endless())
        self.assertEqual(self.d.job(second)["state"], "queued")
        patch = {"priority": -5}
        self.d.ask("PATCH", f"jobs/{first}", json=patch)
        self.d.wait(second, "running")
        self.assertEqual(self.d.job(first)["reason"], "preempted")
        self.d.ask("PATCH", f"jobs/{first}", json={"priority": 1})
        self.d.wait(first, "running")
        self.assertEqual(self.d.job(second)["state"], "queued")
        for number in (second, first):
            self.d.act(number, "cancel")

    def test_equals_wait(self):
        first = self.d.submit(endless(priority=3))
        self.d.wait(first, "running")
        self.d.submit(tiny(priority=3))
        job = self.d.wait(first, "running")
        self.assertEqual(job["attempts"], 1)
        waiting = self.d.json("jobs", state="queued")["jobs"]
        self.assertEqual([j["waits_for"] for j in waiting], ["worker"])


class Retry(Case):
    maxDiff = 1000

    def test_running_paused_succeeded(self):
        """Whatever it is at, it begins anew and ends the same."""
        number = self.d.submit(quadratic())
        self.d.wait_rows(number, "training", 30)
        for before in ("running", "paused"):
            if before == "paused":
                self.d.act(number, "pause")
            self.assertEqual(self.d.act(number, "retry").status_code, 200)
            self.d.wait_rows(number, "training", 1)
        self.d.wait(number)
        once = outcome(self.d, number)
        answer = self.d.act(number, "retry")
        self.assertEqual(answer.status_code, 200)
        self.assertIn(answer.json()["state"], ("queued", "running"))
        job = self.d.wait(number)
        self.assertEqual(outcome(self.d, number), once)
        self.assertEqual([s["reason"] for s in job["states"]
                          if s["state"] == "queued"], [None] + 3 * ["retry"])

    def test_queued(self):
        number = self.d.submit(tiny(priority=-100))
        self.assertEqual(self.d.act(number, "retry").status_code, 200)
        self.d.wait(number)


class Thinned(Case):
    maxDiff = 1000

    def test_epochs(self):
        spec = quadratic()
        spec["training"].update(points=7)
        job = self.d.run(spec)
        curve = self.d.curve(job["id"], "training")
        self.assertEqual(curve["every"], 9)
        self.assertEqual([row[0] for row in curve["rows"]],
                         [1, 9, 18, 27, 36, 45, 54, 60])
        self.assertEqual([row[0] for row in self.d.curve(
            job["id"], "validation")["rows"]], [10, 20, 30, 40, 50, 60])
        self.assertEqual(job["spec"]["training"]["points"], 7)
        # The rows are those of the whole curve.
        whole = self.d.run(quadratic())["id"]
        rows = {row[0]: row[:4] for row in
                self.d.curve(whole, "training")["rows"]}
        self.assertEqual(len(rows), 60)
        self.assertEqual(self.d.curve(whole, "training")["every"], 1)
        for row in curve["rows"]:
            self.assertEqual(row[:4], rows[row[0]])

    def test_interrupted(self):
        """The last epoch is in the curve also when it is not a multiple, was
        done before an interruption, and patience ended with it."""
        spec = quadratic()
        spec["training"].update(points=7, patience=1, validate_every=4,
                                validation_runs=2000, epochs=60,
                                meta_optimizer={"learning_rate": 0.5})
        spec["evaluation"] = []
        whole = outcome_train(self.d, self.d.run(spec)["id"])
        number = self.d.submit(spec)
        pauses = 0
        while self.d.job(number)["state"] not in ("succeeded", "diverged"):
            if self.d.act(number, "pause").status_code == 200:
                pauses += 1
                self.d.act(number, "resume")
        self.assertGreater(pauses, 1)
        self.assertEqual(outcome_train(self.d, number), whole)

    def test_steps(self):
        spec = tiny(evaluation=[
            {"horizon": 50, "runs": 2, "tuning_runs": 1, "points": 8,
             "baselines": ["sgd"]},
            {"horizon": 5, "runs": 2, "tuning_runs": 1, "baselines": []}])
        number = self.d.run(spec)["id"]
        curve = self.d.curve(number, "evaluation")
        self.assertEqual(curve["every"], [7, 1])
        steps = [row[2] for row in curve["rows"] if row[0] == curve["rows"][0][0]
                 and row[1] == "sgd"]
        self.assertEqual(steps, [0, 7, 14, 21, 28, 35, 42, 49, 50])


def outcome_train(d, number):
    return [[row[:4] for row in d.curve(number, "training")["rows"]],
            d.curve(number, "validation")["rows"],
            sorted(s["sha256"] for s in d.json(
                "snapshots", job=number)["snapshots"])]


class Space(Case):
    def periodic(self, **training):
        spec = tiny(evaluation=[])
        spec["training"].update(snapshot_every=1, **training)
        number = self.d.run(spec)["id"]
        listed = self.d.json("snapshots", job=number, limit=500)["snapshots"]
        return sorted(s["epoch"] for s in listed if s["kind"] == "periodic")

    def test_snapshots_kept(self):
        self.assertEqual(self.periodic(), list(range(11, 21)))
        self.assertEqual(self.periodic(snapshot_keep=2), [19, 20])
        self.assertEqual(self.periodic(snapshot_keep=0), list(range(1, 21)))

    def test_deleted(self):
        """The database is as small again as it was before."""
        d = Daemon(workers=1)
        self.addCleanup(d.close)

        def size():
            database = d.json("server")["database"]
            return database["size"] + database["wal_size"]

        d.run(tiny())
        d.until(lambda: d.json("server")["database"]["wal_size"] == 0,
                "an empty log")
        before = size()
        spec = tiny(evaluation=[])
        spec["optimizer"]["layers"] = [40, 40]
        spec["training"].update(epochs=300, snapshot_every=1, snapshot_keep=0)
        number = d.run(spec)["id"]
        self.assertGreater(size(), before + 20 * MIB)
        self.assertEqual(d.ask("DELETE", f"jobs/{number}").status_code, 204)
        d.until(lambda: size() < before + MIB, "the space on the disk", 30)
