"""Jobs on real pictures, where there are some."""

import unittest
from pathlib import Path

from daemon import DATA, Daemon

MNIST = Path(DATA) / "mnist"
CIFAR = Path(DATA) / "cifar-10-batches-bin"


@unittest.skipUnless(DATA, "L2LD_DATA is not set")
@unittest.skipUnless(MNIST.is_dir(), f"there is no {MNIST}")
class Mnist(unittest.TestCase):
    def setUp(self):
        self.d = Daemon(data=DATA)
        self.addCleanup(self.d.close)

    def test_job(self):
        sets = {s["name"]: s for s in self.d.json("datasets")["datasets"]}
        self.assertEqual((sets["mnist"]["train"], sets["mnist"]["test"],
                          sets["mnist"]["inputs"], sets["mnist"]["classes"]),
                         (60000, 10000, 784, 10))
        number = self.d.run({
            "problem": {"type": "mlp", "dataset": "mnist", "hidden": [20]},
            "training": {"epochs": 5, "horizon": 20, "unroll": 20,
                         "validate_every": 5, "validation_runs": 2},
            "evaluation": [{"horizon": 20, "runs": 4, "tuning_runs": 2,
                            "learning_rates": [1, 0.1, 0.01],
                            "baselines": ["sgd", "adam"]}],
        })["id"]
        rows = {r["optimizer"]: r for r in self.d.table(number)[0]["rows"]}
        self.assertEqual(set(rows), {"lstm", "sgd", "adam"})
        # From ln 10, the loss of knowing nothing, both tuned ones learn.
        first = self.d.curve(number, "evaluation")["rows"][0]
        self.assertAlmostEqual(first[3], 2.3026, delta=0.01)
        self.assertLess(rows["sgd"]["final_mean"], 2.28)
        self.assertLess(rows["adam"]["final_mean"], 2)

    def test_presets(self):
        for preset in self.d.json("presets")["presets"]:
            need = preset["spec"]["problem"].get("dataset", "")
            if not (Path(DATA) / need).is_dir():
                continue
            plan = self.d.post("jobs?dry_run=1", json=preset["spec"])
            self.assertEqual(plan.status_code, 200, plan.text)
            self.assertGreater(plan.json()["estimate"]["work"], 0)


@unittest.skipUnless(DATA, "L2LD_DATA is not set")
@unittest.skipUnless(CIFAR.is_dir(), f"there is no {CIFAR}")
class Cifar(unittest.TestCase):
    def test_job(self):
        d = Daemon(data=DATA)
        self.addCleanup(d.close)
        sets = {s["name"]: s for s in d.json("datasets")["datasets"]}
        self.assertEqual([sets["cifar10"][name] for name in (
            "available", "inputs", "rows", "cols", "channels", "classes",
            "test")], [True, 3072, 32, 32, 3, 10, 10000])
        spec = {
            "problem": {"type": "mlp", "dataset": "cifar10", "hidden": [8],
                        "batch": 64},
            "optimizer": {"layers": [4]},
            "training": {"epochs": 2, "horizon": 5, "validate_every": 0},
            "evaluation": [{"horizon": 40, "runs": 3, "tuning_runs": 2,
                            "learning_rates": [1, 0.1, 0.01],
                            "baselines": ["sgd", "adam"]}],
        }
        plan = d.post("jobs?dry_run=1", json=spec).json()["estimate"]
        self.assertEqual(plan["coordinates"], 3072 * 8 + 8 + 8 * 10 + 10)
        self.assertGreater(plan["memory_bytes"], sets["cifar10"]["bytes"])
        number = d.run(spec)["id"]
        rows = {r["optimizer"]: r for r in d.table(number)[0]["rows"]}
        first = d.curve(number, "evaluation")["rows"][0]
        self.assertAlmostEqual(first[3], 2.3026, delta=0.01)
        self.assertLess(rows["adam"]["final_mean"], first[3] - 0.01)
