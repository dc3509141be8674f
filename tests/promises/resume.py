"""A job that was killed goes on and ends as if it had not been: the same bits
in every curve and in the weights, whatever it trains, on any number of threads,
however it was interrupted.

Each job runs once without interruption on one thread; then again, on one or two
threads, interrupted at random points of its progress: by SIGKILL, by SIGTERM, by a
pause, by a job of higher priority.  Equal means SHA-256 over the curves (without
the seconds it took), the tables and the snapshots.
"""

import hashlib
import json
import random
import re

from daemon import DATA, ENDED, Daemon
from specs import endless, tiny

NUMBER = 3
TEXT = "a killed job resumes and ends bit-identical"

QUADRATIC = {"type": "quadratic", "variables": 24}
DIGITS = {"type": "mlp", "dataset": "synthetic-digits", "hidden": [8],
          "batch": 32}
TYPES = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "adagrad")
EVALUATION = {
    "quadratic": [{"horizon": 20, "runs": 20, "tuning_runs": 10},
                  {"name": "longer", "horizon": 40, "runs": 200,
                   "tuning_runs": 10, "baselines": ["adam"]}],
    "mlp": [{"horizon": 20, "runs": 6, "tuning_runs": 2,
             "baselines": ["adam"]}],
}
KILLS = 3           # of each job, at least


def train(problem, layers, epochs, optimizer=None, **training):
    """A job of some three seconds."""
    options = {"epochs": epochs, "horizon": 20, "unroll": 10,
               "validate_every": 20, "validation_runs": 8,
               "snapshot_every": max(epochs // 4, 15)}
    options.update(training)
    return {"problem": problem, "training": options,
            "optimizer": optimizer or {"layers": layers},
            "evaluation": EVALUATION[problem["type"]]}


def groups(other):
    """An LSTM for the hidden layer beside another optimizer."""
    return train(DIGITS, None, 90, [
        {"group": "hidden", "type": "lstm", "layers": [8]},
        dict(other, group="output")], meta_batch=2)


def jobs():
    """{name: spec}: everything that can be learned, and what it learns with."""
    lstm = {"type": "lstm", "layers": [6, 6]}
    redone = {"record_memory": 0}
    specs = {
        "one layer": train(QUADRATIC, [20], 5000, meta_batch=8),
        "two layers": train(QUADRATIC, [20, 20], 1800, meta_batch=8),
        "windows computed again": train(QUADRATIC, [16, 16], 2000,
                                        meta_batch=8, **redone),
        "three layers, clamp": train(
            QUADRATIC, None, 5000, {
                "layers": [8, 8, 8], "preprocess": {"type": "clamp"},
                "initialization": {"type": "normal", "forget_bias": 1}},
            meta_batch=8, loss_weights="last"),
        "no preprocessing": train(
            QUADRATIC, None, 6000,
            {"layers": [12], "preprocess": {"type": "none"}}, meta_batch=8),
        "meta_optimizer options": train(
            QUADRATIC, [12], 6000, meta_batch=8, meta_optimizer={
                "type": "adam", "learning_rate": 0.01, "beta1": 0.8,
                "schedule": "cosine", "clip_norm": 0.5}),
        "patience": train(QUADRATIC, [12], 20000, meta_batch=8, patience=40,
                          meta_optimizer={"learning_rate": 0.0003}),
        "data set": train(DIGITS, [20, 20], 40),
        "data set, windows computed again": train(DIGITS, [20], 60, **redone),
        "groups: lstm and lstm": groups(lstm),
        "evaluate": {
            "type": "evaluate", "problem": QUADRATIC,
            "optimizers": [{"snapshot": 1}, *TYPES], "evaluation": [
                {"horizon": 20 + i, "runs": 100, "tuning_runs": 20}
                for i in range(12)]},
        "evaluate on a data set": {
            "type": "evaluate", "problem": DIGITS, "optimizers": [
                {"snapshot": 1}, "adam"], "evaluation": [
                {"horizon": 20 + i, "runs": 12, "tuning_runs": 2}
                for i in range(8)]},
    }
    for other in TYPES:
        specs[f"groups: lstm and {other}"] = groups({"type": other})
    if DATA:
        specs["mnist"] = train(
            {"type": "mlp", "dataset": "mnist"}, [20, 20], 4,
            validate_every=2, validation_runs=1, snapshot_every=0)
        specs["mnist"]["evaluation"] = []
    return specs


SHORT = ("two layers", "data set, windows computed again",
         "groups: lstm and adam", "evaluate")


def digest(d, number):
    """SHA-256 of all that a job that ended has to show."""
    job = d.job(number)
    got = {"state": job["state"], "reason": job["reason"], "snapshots": []}
    for curve in d.json(f"jobs/{number}/curves")["curves"]:
        name = curve["name"]
        assert curve["complete"], (name, job)
        text = d.get(f"jobs/{number}/curves/{name}.csv").text
        if name == "training":
            assert text.partition("\n")[0].endswith(",seconds")
            text = re.sub(",[^,\n]*$", "", text, flags=re.M)
        got[name] = text
    for evaluation in d.table(number) if job["results"] else []:
        for row in evaluation["rows"]:
            # A number that may be another, of a snapshot with equal weights.
            row.pop("snapshot")
        got.setdefault("tables", []).append(evaluation)
    for s in d.json("snapshots", job=number)["snapshots"]:
        got["snapshots"].append([s["kind"], s["group"] or "", s["epoch"],
                                 s["validation_loss"], s["sha256"]])
    got["snapshots"].sort(key=str)
    return hashlib.sha256(json.dumps(got).encode()).hexdigest()


def import_snapshot(d, file):
    answer = d.post("snapshots", data=file, headers={
        "Content-Type": "application/octet-stream"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["id"] == 1, answer.text


def learned():
    """A file with an optimizer for the jobs that evaluate one."""
    d = Daemon(data=DATA)
    try:
        number = d.run(tiny(optimizer={"layers": [8]}))["id"]
        snapshot = d.snapshots(number)["best"]["id"]
        return d.get(f"snapshots/{snapshot}.safetensors").content
    finally:
        d.close()


def whole(specs, file):
    """{name: digest} of the jobs, never interrupted."""
    d = Daemon(data=DATA)
    try:
        import_snapshot(d, file)
        numbers = {name: d.submit(dict(spec, threads=1))
                   for name, spec in specs.items()}
        return {name: digest(d, d.wait(number, seconds=600)["id"])
                for name, number in numbers.items()}
    finally:
        d.close()


def pause(d, number):
    """False when it had just ended."""
    if d.act(number, "pause").status_code != 200:
        return False
    assert d.act(number, "resume").status_code == 200
    return True


def terminate(d):
    d.terminate(20)
    d.start()


def kill(d):
    d.kill()
    d.start()


def displace(d):
    """A job of higher priority takes the only worker for a while."""
    first = d.submit(endless(priority=100))
    d.wait(first, "running")
    assert d.act(first, "cancel").status_code == 200


class Interrupted:
    """A job, interrupted at random points, and what became of it."""

    def __init__(self, spec, file, rng):
        self.rng = rng
        self.count = {"kill": 0, "terminate": 0, "pause": 0, "displace": 0}
        self.resumed = 0
        self.d = Daemon(workers=1, data=DATA)
        try:
            import_snapshot(self.d, file)
            self.number = self.d.submit(spec)
            self.interrupt()
            self.d.wait(self.number, seconds=600)
            self.digest = digest(self.d, self.number)
            lines = self.d.json(f"jobs/{self.number}/log")["lines"]
            self.resumed = sum("resumed from its checkpoint" in line["text"]
                               for line in lines)
        finally:
            self.d.close()

    def reach(self, percent):
        """It has done so much and runs; False when it has ended."""
        def there():
            job = self.d.job(self.number)
            if job["state"] in ENDED:
                return "ended"
            return job["state"] == "running" and \
                job["progress"]["done"] >= percent
        return self.d.until(there, f"{percent} %", 600) != "ended"

    def interrupt(self):
        what = ["kill"] * KILLS + ["terminate", "pause", "displace"]
        self.rng.shuffle(what)
        points = sorted(self.rng.uniform(0, 85) for _ in what)
        for name, percent in zip(what, points):
            if not self.reach(percent):
                break
            if name == "pause":
                self.count[name] += pause(self.d, self.number)
                continue
            {"kill": kill, "terminate": terminate,
             "displace": displace}[name](self.d)
            self.count[name] += 1


def prove(short):
    specs = jobs()
    if short:
        specs = {name: specs[name] for name in SHORT}
    seed = 4
    rng = random.Random(seed)
    file = learned()
    expected = whole(specs, file)
    total = {}
    resumed = 0
    for i, (name, spec) in enumerate(specs.items()):
        run = Interrupted(dict(spec, threads=1 + i % 2), file, rng)
        print(f"{name}: {run.count}, {run.resumed} from a checkpoint, "
              f"{run.digest[:16]}", flush=True)
        assert run.digest == expected[name], (name, seed, expected[name])
        assert run.count["kill"] >= KILLS, (name, run.count)
        assert run.resumed > 0, name
        for what, count in run.count.items():
            total[what] = total.get(what, 0) + count
        resumed += run.resumed
    return (f"{len(specs)} jobs, {total['kill']} SIGKILLs, "
            f"{total['terminate']} SIGTERMs, {total['pause']} pauses, "
            f"{total['displace']} times displaced, {resumed} "
            f"resumed from a checkpoint: {len(specs)} equal (SHA-256)")
