"""Curves: the same numbers in each format, all of them or what is new."""

import io
import json
import threading
import time

import numpy as np
import pandas as pd
import requests

from case import Case
from daemon import SLOW
from specs import endless, quadratic, tiny

COLUMNS = {
    "training": ["epoch", "meta_loss", "learning_rate", "gradient_norm",
                 "seconds"],
    "validation": ["epoch", "loss", "best"],
    "evaluation": ["evaluation", "optimizer", "step", "mean", "median", "q10",
                   "q90", "runs", "diverged"],
}
WORDS = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}


def frame_of_json(curve):
    """A DataFrame of the JSON form, with what null stood for put back."""
    rows = [list(row) for row in curve["rows"]]
    for row, column, word in curve["nonfinite"]:
        assert rows[row][column] is None
        rows[row][column] = WORDS[word]
    assert not any(value is None for row in rows for value in row)
    return pd.DataFrame(rows, columns=curve["columns"])


def frame_of_lines(text):
    rows = []
    for line in text.splitlines():
        row = json.loads(line)
        for name, word in row.pop("nonfinite", {}).items():
            assert row[name] is None
            row[name] = WORDS[word]
        rows.append(row)
    return pd.DataFrame(rows)


def read_csv(source):
    """pandas as it comes is quicker and may be off by a last bit."""
    return pd.read_csv(source, float_precision="round_trip")


class Curves(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.job = cls.d.run(tiny(
            problem={"type": "quadratic", "variables": 3},
            training={"epochs": 300, "horizon": 10, "unroll": 5,
                      "validate_every": 10, "validation_runs": 2},
            evaluation=[{"name": "plain", "horizon": 30, "runs": 4,
                         "tuning_runs": 2, "baselines": ["sgd", "adam"]},
                        {"name": "=1+1, \"quoted\"", "horizon": 5, "runs": 2,
                         "tuning_runs": 1, "baselines": ["adam"]}]))["id"]
        cls.path = f"jobs/{cls.job}/curves/"

    def both(self, path, **query):
        return (read_csv(io.StringIO(self.d.get(path + ".csv",
                                                params=query).text)),
                frame_of_json(self.d.json(path + ".json", **query)),
                frame_of_lines(self.d.get(path + ".ndjson",
                                          params=query).text))

    # ---- what is in them ----

    def test_list(self):
        curves = self.d.json(f"jobs/{self.job}/curves")["curves"]
        self.assertEqual({c["name"]: c["columns"] for c in curves}, COLUMNS)
        self.assertEqual({c["name"]: c["points"] for c in curves},
                         {"training": 300, "validation": 30,
                          "evaluation": 31 * 3 + 6 * 2})
        for curve in curves:
            self.assertTrue(curve["complete"])
            self.assertEqual(sorted(curve["links"]),
                             ["csv", "json", "ndjson"])
            for suffix, link in curve["links"].items():
                self.assertEqual(link, "/api/v1/" + self.path +
                                 f"{curve['name']}.{suffix}")

    def test_formats_agree(self):
        for name, columns in COLUMNS.items():
            csv, one, lines = self.both(self.path + name)
            self.assertEqual(list(csv.columns), columns)
            if name == "evaluation":
                # The apostrophe that keeps a spreadsheet from computing it.
                csv["evaluation"] = csv["evaluation"].str.lstrip("'")
            # Not a bit is lost on any way.
            pd.testing.assert_frame_equal(csv, one, check_exact=True)
            pd.testing.assert_frame_equal(one, lines, check_exact=True)

    def test_media_types(self):
        for suffix, kind in (("csv", "text/csv"), ("json", "application/json"),
                             ("ndjson", "application/x-ndjson")):
            answer = self.d.get(self.path + "training." + suffix)
            self.assertEqual(answer.headers["Content-Type"].split(";")[0],
                             kind)
            head = self.d.ask("HEAD", self.path + "training." + suffix)
            self.assertEqual((head.status_code, head.content), (200, b""))
            self.assertEqual(int(head.headers["Content-Length"]),
                             len(answer.content))
        self.assertEqual(self.d.json(self.path + "training"),
                         self.d.json(self.path + "training.json"))

    def test_pandas_by_address(self):
        def types(name):
            frame = pd.read_csv(self.d.url(self.path + name + ".csv"))
            return [kind.kind for kind in frame.dtypes], frame

        kinds, frame = types("training")
        self.assertEqual(kinds, list("iffff"))
        self.assertEqual(list(frame["epoch"]), list(range(1, 301)))
        self.assertTrue(np.isfinite(frame["meta_loss"]).all())
        self.assertTrue((frame["gradient_norm"] > 0).all())
        self.assertTrue((frame["learning_rate"] == 0.001).all())
        self.assertTrue(frame["seconds"].is_monotonic_increasing)
        kinds, frame = types("validation")
        self.assertEqual(kinds, list("ifi"))
        self.assertEqual(list(frame["epoch"]), list(range(10, 301, 10)))
        best = frame["loss"].cummin()
        self.assertEqual(list(frame["best"] == 1),
                         list(frame["loss"] < best.shift(fill_value=np.inf)))
        kinds, frame = types("evaluation")
        self.assertEqual(kinds, list("OOiffffii"))
        self.assertEqual(set(frame["evaluation"]),
                         {"plain", "'=1+1, \"quoted\""})
        self.assertEqual(set(frame["optimizer"]), {"lstm", "sgd", "adam"})
        plain = frame[frame["evaluation"] == "plain"]
        for _, curve in plain.groupby("optimizer"):
            self.assertEqual(list(curve["step"]), list(range(31)))
            self.assertEqual(set(curve["runs"]), {4})
            self.assertTrue((curve["q10"] <= curve["median"]).all())
            self.assertTrue((curve["median"] <= curve["q90"]).all())

    # ---- parts of them ----

    def test_after(self):
        path = self.path + "training.json"
        whole = self.d.json(path)
        self.assertEqual((whole["seq"], whole["complete"]), (300, True))
        for after in (0, 1, 150, 299, 300):
            part = self.d.json(path, after=after)
            self.assertEqual(part["rows"], whole["rows"][after:])
            self.assertEqual(part["seq"], 300)
        self.assertEqual(self.d.json(path, after=10 ** 12)["rows"], [])
        csv = self.d.get(self.path + "training.csv", params={"after": 299})
        self.assertEqual(len(csv.text.splitlines()), 2)
        self.assertEqual(csv.text.splitlines()[0],
                         ",".join(COLUMNS["training"]))

    def test_complete_is_answered_at_once(self):
        began = time.monotonic()
        part = self.d.json(self.path + "training.json", after=300, wait=30)
        self.assertTrue(part["complete"])
        self.assertLess(time.monotonic() - began, 5 * SLOW)

    def test_max_points(self):
        whole = read_csv(self.d.url(self.path + "training.csv"))
        for most in (4, 10, 50, 299):
            for thin in self.both(self.path + "training", max_points=most):
                self.assertLessEqual(len(thin), most)
                self.assertGreaterEqual(len(thin), most // 2 - 2)
                joined = thin.merge(whole, how="left", indicator=True)
                self.assertTrue((joined["_merge"] == "both").all(),
                                "a row that is none of the curve's")
                for edge in (0, -1):
                    self.assertEqual(thin["epoch"].iloc[edge],
                                     whole["epoch"].iloc[edge])
                for name in ("min", "max"):
                    self.assertEqual(getattr(thin["meta_loss"], name)(),
                                     getattr(whole["meta_loss"], name)())
        for most in (0, 300, 5000):
            self.assertEqual(len(self.both(self.path + "training",
                                           max_points=most)[0]), 300)
        whole = read_csv(self.d.url(self.path + "evaluation.csv"))
        thin = self.both(self.path + "evaluation", max_points=40)[0]
        self.assertLess(len(thin), len(whole))
        series = ["evaluation", "optimizer"]
        for name in ("min", "max"):
            self.assertTrue(thin.groupby(series)["mean"].agg(name).equals(
                whole.groupby(series)["mean"].agg(name)), name)

    # ---- while they grow ----

    def test_long_poll(self):
        """An answer comes with the next rows, not before and not much later."""
        number = self.d.submit(endless())
        path = f"jobs/{number}/curves/training.json"
        self.d.wait_rows(number, "training", 1)
        seq, seen = 0, []
        for _ in range(5):
            part = self.d.json(path, after=seq, wait=30)
            self.assertTrue(part["rows"])
            self.assertFalse(part["complete"])
            self.assertEqual(part["seq"], seq + len(part["rows"]))
            seen += part["rows"]
            seq = part["seq"]
        self.assertEqual([row[0] for row in seen],
                         list(range(1, len(seen) + 1)))
        self.d.act(number, "pause")
        seq = self.d.json(path)["seq"]
        began = time.monotonic()
        part = self.d.json(path, after=seq, wait=1)
        self.assertEqual((part["rows"], part["complete"]), ([], False))
        self.assertGreater(time.monotonic() - began, 0.9)
        # Waiting when it is resumed; then ended by the end of the job.
        self.assertTrue(self.while_waiting(
            path, seq, lambda: self.d.act(number, "resume"))["rows"])
        self.d.act(number, "pause")
        seq = self.d.json(path)["seq"]
        part = self.while_waiting(path, seq,
                                  lambda: self.d.act(number, "cancel"))
        self.assertEqual((part["rows"], part["complete"]), ([], True))

    def while_waiting(self, path, seq, what):
        """Do it while a poll of 30 s waits; what the poll was answered."""
        answers = []
        other = requests.Session()
        other.trust_env = False

        def poll():
            answers.append(other.get(self.d.url(path), timeout=60 * SLOW,
                                     params={"after": seq, "wait": 30}))

        began = time.monotonic()
        thread = threading.Thread(target=poll)
        thread.start()
        time.sleep(0.2)
        self.assertEqual(answers, [])
        what()
        thread.join()
        other.close()
        self.assertLess(time.monotonic() - began, 10 * SLOW)
        self.assertEqual(answers[0].status_code, 200)
        return answers[0].json()

    def test_poll_before_there_is_a_curve(self):
        number = self.d.submit(endless(evaluation=[]))
        self.d.act(number, "pause")
        if not self.d.json(f"jobs/{number}/curves")["curves"]:
            began = time.monotonic()
            answer = self.d.get(f"jobs/{number}/curves/training.csv",
                                params={"wait": 0.5})
            self.assertEqual(answer.status_code, 404)
            self.assertEqual(answer.json()["code"], "no_curve")
            self.assertGreater(time.monotonic() - began, 0.4)
        self.d.act(number, "cancel")

    # ---- what is no number ----

    def estimate(self):
        plan = self.d.post("jobs?dry_run=1", json=quadratic()).json()
        return plan["estimate"]["seconds"]

    def test_diverged(self):
        """Training that ends in infinities is a result, not an error, and says
        little of how long other jobs take."""
        before = self.estimate()
        number = self.d.run({
            "problem": {"type": "mlp", "dataset": "synthetic-digits",
                        "hidden": [8] * 8, "activation": "relu", "batch": 4,
                        "start_deviation": 100},
            "optimizer": [{"group": "hidden", "type": "sgd",
                           "learning_rate": 1e6},
                          {"group": "output", "layers": [4]}],
            "training": {"epochs": 60, "horizon": 10, "unroll": 5}},
            state="diverged")["id"]
        self.assertLess(self.estimate(), 100 * before)
        job = self.d.job(number)
        self.assertEqual((job["reason"], job["results"]),
                         ("meta_training_diverged", None))
        for frame in self.both(f"jobs/{number}/curves/training"):
            self.assertEqual(frame["meta_loss"].iloc[-1], np.inf)
        for curve in self.d.json(f"jobs/{number}/curves")["curves"]:
            self.assertTrue(curve["complete"])
        self.assertIn(number, [j["id"] for j in
                               self.d.json("jobs", state="diverged")["jobs"]])

    def test_not_finite(self):
        """A learning rate of a million: its losses are infinite and said so."""
        number = self.d.run(tiny(
            problem={"type": "quadratic", "variables": 4},
            evaluation=[{"horizon": 12, "runs": 3, "tuning_runs": 2,
                         "learning_rates": [1e6],
                         "baselines": ["sgd", "adam"]}]))["id"]
        path = f"jobs/{number}/curves/evaluation"
        frames = self.both(path)
        for frame in frames:
            pd.testing.assert_frame_equal(frame, frames[0], check_exact=True)
        sgd = frames[0][frames[0]["optimizer"] == "sgd"]
        last = sgd.iloc[-1]
        self.assertEqual((last["mean"], last["diverged"], last["runs"]),
                         (np.inf, 3, 3))
        self.assertEqual(sgd.iloc[0]["diverged"], 0)
        self.assertTrue((np.isinf(sgd["mean"]) == (sgd["diverged"] > 0)).all())
        text = self.d.get(path + ".csv").text
        self.assertIn(",inf,", text)
        for word in ("NaN", "Infinity", "1.#", "e+999"):
            for suffix in (".csv", ".json", ".ndjson"):
                self.assertNotIn(word, self.d.get(path + suffix).text)
        thin = self.both(path, max_points=12)[0]
        self.assertTrue(np.isinf(thin["mean"]).any())
        rows = {r["optimizer"]: r for r in self.d.table(number)[0]["rows"]}
        self.assertEqual((rows["sgd"]["final_mean"], rows["sgd"]["diverged"],
                          rows["sgd"]["edge"], rows["sgd"]["best"]),
                         (None, 3, True, False))
        # Whatever looks at such a job gets whole JSON.
        for path in (f"jobs/{number}", "jobs", f"jobs/{number}/log",
                     f"jobs/{number}/table", "metrics"):
            answer = self.d.get(path)
            self.assertEqual(answer.status_code, 200)
            self.assertNotIn("Infinity", answer.text)
