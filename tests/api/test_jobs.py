"""Jobs: submitted, listed, changed, ended, repeated, deleted."""

import time
from datetime import datetime

from case import Case
from daemon import SLOW
from specs import endless, tiny


def moment(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")


class Jobs(Case):
    def test_submit_and_read(self):
        spec = tiny(name="first", notes="two\nlines", tags=["a", "b"], seed=7,
                    threads=1)
        answer = self.d.post("jobs", json=spec)
        self.assertEqual(answer.status_code, 201)
        new = answer.json()
        self.assertEqual(answer.headers["Location"],
                         f"/api/v1/jobs/{new['id']}")
        self.assertIn(new["state"], ("queued", "running", "succeeded"))
        job = self.d.wait(new["id"])
        self.assertEqual(job["state"], "succeeded")
        self.assertEqual((job["name"], job["type"], job["notes"], job["tags"]),
                         ("first", "train", "two\nlines", ["a", "b"]))
        self.assertIsNone(job["reason"])
        self.assertEqual(job["attempts"], 1)
        self.assertEqual(job["progress"], {"done": 100, "total": 100,
                         "unit": "percent", "eta_seconds": None})
        self.assertLessEqual(moment(job["created"]), moment(job["started"]))
        self.assertLessEqual(moment(job["started"]), moment(job["finished"]))
        self.assertEqual([s["state"] for s in job["states"]],
                         ["queued", "running", "succeeded"])
        self.assertEqual(job["environment"]["version"], self.d.version)
        self.assertEqual(job["environment"]["threads"], 1)
        for name in ("compiler", "cpu", "blas"):
            self.assertTrue(job["environment"][name], name)
        for name, path in job["links"].items():
            self.assertEqual(self.d.get(path).status_code, 200, name)
        self.assertEqual([e["name"] for e in job["results"]],
                         [e["name"] for e in self.d.table(job["id"])])
        lines = self.d.json(f"jobs/{job['id']}/log")["lines"]
        self.assertIn("succeeded", [line["text"] for line in lines])

    def test_spec_is_filled_in_and_runs_again(self):
        """The spec as run is whole, and submits to the same numbers."""
        job = self.d.run(tiny(seed=3))
        spec = job["spec"]
        self.assertEqual(spec["seed"], 3)
        self.assertEqual(spec["training"]["meta_optimizer"]["beta2"], 0.999)
        self.assertEqual(spec["optimizer"]["output_scale"], 0.1)
        self.assertEqual([b["name"] for b in spec["evaluation"][0]
                          ["baselines"]], ["sgd", "adam"])
        again = self.d.run(spec)
        self.assertEqual(again["spec"], spec)
        self.assertEqual(self.d.curve(again["id"], "evaluation"),
                         self.d.curve(job["id"], "evaluation"))
        other = self.d.run(tiny(seed=4))
        self.assertNotEqual(self.d.curve(other["id"], "evaluation")["rows"],
                            self.d.curve(job["id"], "evaluation")["rows"])

    def test_list_filters(self):
        one = self.d.run(tiny(name="Zwölf apples", tags=["list", "red"]))
        two = self.d.submit(endless(name="pears", notes="with apples",
                                    tags=["list"]))
        three = self.d.run({"type": "evaluate", "problem": {"type": "simple"},
                            "optimizers": ["sgd"], "tags": ["list", "apples"],
                            "name": "plums", "evaluation": [
                                {"horizon": 2, "runs": 1, "tuning_runs": 1}]})
        self.d.act(two, "cancel")

        def listed(**query):
            page = self.d.json("jobs", tag="list", **query)
            return [job["id"] for job in page["jobs"]]

        one, three = one["id"], three["id"]
        self.assertEqual(listed(), [three, two, one])
        self.assertEqual(listed(sort="oldest"), [one, two, three])
        self.assertEqual(listed(state="succeeded"), [three, one])
        self.assertEqual(listed(state="cancelled"), [two])
        self.assertEqual(listed(state="any"), [three, two, one])
        self.assertEqual(listed(type="evaluate"), [three])
        self.assertEqual(listed(q="apples"), [three, two, one])
        self.assertEqual(listed(q="APPLES", state="succeeded"), [three, one])
        self.assertEqual(listed(q="ö"), [one])
        self.assertEqual(listed(q="100%_"), [])
        self.assertEqual(listed(limit=2), [three, two])
        self.assertEqual([job["id"] for job in self.d.json("jobs", tag="red")
                          ["jobs"]], [one])

    def test_list_pages(self):
        numbers = [self.d.submit(tiny(tags=["pages"])) for _ in range(5)]
        for sort, wanted in (("newest", numbers[::-1]), ("oldest", numbers)):
            seen, cursor = [], ""
            while cursor is not None:
                page = self.d.json("jobs", tag="pages", limit=2, sort=sort,
                                   cursor=cursor)
                self.assertLessEqual(len(page["jobs"]), 2)
                seen += [job["id"] for job in page["jobs"]]
                cursor = page["next_cursor"]
            self.assertEqual(seen, wanted)
        for number in numbers:
            self.d.wait(number)

    def test_patch(self):
        number = self.d.run(tiny(name="old", tags=["x"]))["id"]
        answer = self.d.ask("PATCH", f"jobs/{number}",
                            json={"name": "new", "priority": 5})
        self.assertEqual(answer.status_code, 200)
        job = answer.json()
        self.assertEqual((job["name"], job["priority"], job["tags"]),
                         ("new", 5, ["x"]))
        answer = self.d.ask("PATCH", f"jobs/{number}",
                            json={"tags": ["y", "z"], "notes": "n"})
        self.assertEqual(answer.json()["tags"], ["y", "z"])
        job = self.d.job(number)
        self.assertEqual((job["name"], job["notes"]), ("new", "n"))
        self.assertEqual(self.d.ask("PATCH", f"jobs/{number}", json={})
                         .json()["name"], "new")
        for body, pointer in (({"seed": 2}, "/seed"), ({"name": ""}, "/name"),
                              ({"tags": "x"}, "/tags"),
                              ({"priority": 1000}, "/priority"), ([], "")):
            problem = self.assertProblem(
                self.d.ask("PATCH", f"jobs/{number}", json=body), 422,
                "invalid_spec")
            self.assertEqual(problem["errors"][0]["pointer"], pointer)
        self.assertEqual(self.d.job(number)["tags"], ["y", "z"])
        most = ("\u00fcber\n" + "n" * 100 + "\n") * 37
        most += "n" * (4000 - len(most.encode()))
        answer = self.d.ask("PATCH", f"jobs/{number}", json={"notes": most})
        self.assertEqual(answer.json()["notes"], most)
        problem = self.assertProblem(
            self.d.ask("PATCH", f"jobs/{number}", json={"notes": most + "n"}),
            422, "invalid_spec")
        self.assertEqual(problem["errors"], [{
            "pointer": "/notes", "code": "too_long",
            "detail": "must have at most 4000 bytes, not 4001"}])
        self.assertEqual(self.d.job(number)["notes"], most)
        self.assertProblem(self.d.ask("PATCH", "jobs/999999", json={}), 404,
                           "not_found")

    def test_delete(self):
        number = self.d.run(tiny())["id"]
        snapshots = self.d.snapshots(number)
        self.assertEqual(sorted(snapshots), ["best", "last"])
        answer = self.d.ask("DELETE", f"jobs/{number}")
        self.assertEqual((answer.status_code, answer.content), (204, b""))
        for path in ("", "/curves", "/curves/training.csv", "/table", "/log"):
            self.assertProblem(self.d.get(f"jobs/{number}{path}"), 404,
                               "not_found")
        self.assertEqual(self.d.snapshots(number), {})
        for s in snapshots.values():
            self.assertProblem(self.d.get(f"snapshots/{s['id']}.npz"), 404,
                               "not_found")
        self.assertProblem(self.d.ask("DELETE", f"jobs/{number}"), 404,
                           "not_found")
        newer = self.d.submit(endless())
        self.assertGreater(newer, number)
        self.d.wait(newer, "running")
        began = time.monotonic()
        self.assertEqual(self.d.ask("DELETE", f"jobs/{newer}").status_code,
                         204)
        self.assertLess(time.monotonic() - began, 5 * SLOW)
        self.assertProblem(self.d.get(f"jobs/{newer}"), 404, "not_found")

    def test_cancel_and_retry(self):
        number = self.d.submit(endless())
        self.d.wait(number, "running")
        self.d.wait_rows(number, "training", 1)
        answer = self.d.act(number, "cancel")
        self.assertEqual(answer.status_code, 200)
        job = answer.json()
        self.assertEqual((job["state"], job["reason"]),
                         ("cancelled", "requested"))
        self.assertIsNotNone(job["finished"])
        # What it learned until then is kept.
        self.assertEqual(sorted(self.d.snapshots(number)), ["last"])
        curve = self.d.curve(number, "training")
        self.assertTrue(curve["complete"] and curve["rows"])
        for what in ("cancel", "pause", "resume"):
            problem = self.assertProblem(self.d.act(number, what), 409,
                                         "conflict")
            self.assertEqual(problem["state"], "cancelled")
        self.assertEqual(self.d.act(number, "retry").status_code, 200)
        job = self.d.wait(number, "running")
        self.assertEqual(job["attempts"], 2)
        self.assertIsNone(job["finished"])
        self.d.wait_rows(number, "training", 1)
        self.assertEqual(self.d.curve(number, "training")["rows"][0][:4],
                         curve["rows"][0][:4])
        self.d.act(number, "cancel")

    def test_pause_and_resume(self):
        number = self.d.submit(endless())
        self.d.wait_rows(number, "training", 1)
        self.assertProblem(self.d.act(number, "resume"), 409, "conflict")
        answer = self.d.act(number, "pause")
        self.assertEqual((answer.status_code, answer.json()["state"]),
                         (200, "paused"))
        points = self.d.curve(number, "training")
        self.assertFalse(points["complete"])
        time.sleep(0.3)
        self.assertEqual(self.d.curve(number, "training"), points)
        self.assertProblem(self.d.act(number, "pause"), 409, "conflict")
        self.assertEqual(self.d.act(number, "resume").status_code, 200)
        self.d.wait_rows(number, "training", points["seq"] + 1)
        self.d.act(number, "pause")
        self.assertEqual(self.d.act(number, "cancel").json()["state"],
                         "cancelled")
        states = [s["state"] for s in self.d.job(number)["states"]]
        self.assertEqual(states, ["queued", "running", "paused", "queued",
                                  "running", "paused", "cancelled"])

    def test_what_has_succeeded_stays(self):
        number = self.d.run(tiny())["id"]
        for what in ("cancel", "pause", "resume"):
            problem = self.assertProblem(self.d.act(number, what), 409,
                                         "conflict")
            self.assertEqual(problem["state"], "succeeded")
            self.assertIn("succeeded", problem["detail"])
        for what in ("cancel", "pause", "resume", "retry", "duplicate"):
            self.assertProblem(self.d.act(999999, what), 404, "not_found")

    def test_duplicate(self):
        job = self.d.run(tiny(name="twice", tags=["t"], notes="n" * 4000,
                              seed=9))
        answer = self.d.act(job["id"], "duplicate")
        self.assertEqual(answer.status_code, 201)
        copy = answer.json()
        self.assertNotEqual(copy["id"], job["id"])
        self.assertEqual(answer.headers["Location"],
                         f"/api/v1/jobs/{copy['id']}")
        copy = self.d.wait(copy["id"])
        for name in ("name", "tags", "notes", "spec", "results"):
            self.assertEqual(copy[name], job[name], name)
        self.assertEqual(
            {k: s["sha256"] for k, s in self.d.snapshots(copy["id"]).items()},
            {k: s["sha256"] for k, s in self.d.snapshots(job["id"]).items()})

    def test_idempotency_key(self):
        key = {"Idempotency-Key": f"key {time.time()}"}
        first = self.d.post("jobs", json=tiny(name="once"), headers=key)
        self.assertEqual(first.status_code, 201)
        self.assertNotIn("Idempotency-Replayed", first.headers)
        again = self.d.post("jobs", json=tiny(name="once"), headers=key)
        self.assertEqual(again.status_code, 201)
        self.assertEqual(again.json()["id"], first.json()["id"])
        self.assertEqual(again.headers["Location"], first.headers["Location"])
        self.assertEqual(again.headers["Idempotency-Replayed"], "true")
        self.assertProblem(
            self.d.post("jobs", json=tiny(name="other"), headers=key), 422,
            "key_reused")
        other = self.d.post("jobs", json=tiny(name="once"),
                            headers={"Idempotency-Key": "another"})
        self.assertNotEqual(other.json()["id"], first.json()["id"])
        for bad in ("", "x" * 129, "tab\there"):
            self.assertProblem(
                self.d.post("jobs", json=tiny(),
                            headers={"Idempotency-Key": bad}), 400, "bad_key")
        self.d.wait(first.json()["id"])
        self.d.wait(other.json()["id"])

    def test_dry_run(self):
        before = self.d.json("jobs", limit=1)["jobs"][:1]
        answer = self.d.post("jobs?dry_run=1", json=tiny(name="dry"))
        self.assertEqual(answer.status_code, 200)
        plan = answer.json()
        self.assertEqual(plan["spec"]["name"], "dry")
        self.assertEqual(plan["estimate"]["coordinates"], 1)
        # One layer of 4: 4 x 4 x (1 + 4) + 16 weights and biases, then 4 + 1.
        self.assertEqual(plan["estimate"]["weights"], 4 * 4 * 5 + 16 + 5)
        for name in ("memory_bytes", "disk_bytes", "work", "seconds"):
            self.assertGreater(plan["estimate"][name], 0, name)
        self.assertGreaterEqual(plan["queue_position"], 1)
        self.assertGreaterEqual(plan["eta_seconds"], 0)
        self.assertEqual(self.d.json("jobs", limit=1)["jobs"][:1], before)
        self.assertProblem(
            self.d.post("jobs?dry_run=1", json={"problem": {"type": "x"}}),
            422, "invalid_spec")

    def test_two_run_side_by_side(self):
        """Two workers: both jobs get on while the other one is running."""
        jobs = [self.d.submit(endless(seed=seed, threads=1))
                for seed in (1, 2)]
        for number in jobs:
            self.d.wait_rows(number, "training", 1)
        at = [self.d.curve(number, "training")["seq"] for number in jobs]
        for number, points in zip(jobs, at):
            self.d.wait_rows(number, "training", points + 1)
        self.assertEqual(self.d.json("server")["queue"],
                         {"queued": 0, "running": 2})
        for number in jobs:
            self.d.act(number, "cancel")
        first, second = (self.d.job(number) for number in jobs)
        self.assertLess(moment(first["started"]), moment(second["finished"]))
        self.assertLess(moment(second["started"]), moment(first["finished"]))
