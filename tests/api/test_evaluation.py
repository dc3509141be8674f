"""Evaluations are honest: paired, fair, and reproduced here step by step."""

import numpy as np
import pandas as pd

from case import Case
from safetensors import Lstm
from specs import tiny


def descend(rule, start, variables, horizon):
    """Losses of f(x) = sum of x^2 along a run; rule(gradient) is the update."""
    theta = np.full(variables, float(start))
    losses = [np.sum(theta ** 2)]
    for _ in range(horizon):
        theta = theta + rule(2 * theta)
        losses.append(np.sum(theta ** 2))
    return np.array(losses)


def sgd(rate):
    return lambda gradient: -rate * gradient


def adam(rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Kingma and Ba 2015, algorithm 1; PyTorch's place of epsilon."""
    state = {"m": 0, "v": 0, "t": 0}

    def rule(gradient):
        state["t"] += 1
        state["m"] = beta1 * state["m"] + (1 - beta1) * gradient
        state["v"] = beta2 * state["v"] + (1 - beta2) * gradient ** 2
        m = state["m"] / (1 - beta1 ** state["t"])
        v = state["v"] / (1 - beta2 ** state["t"])
        return -rate * m / (np.sqrt(v) + epsilon)

    return rule


class Evaluation(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.spec = tiny(
            name="evaluated", seed=5,
            problem={"type": "quadratic", "variables": 5},
            training={"epochs": 40, "horizon": 20, "unroll": 10,
                      "meta_batch": 4, "validate_every": 10,
                      "validation_runs": 4,
                      "meta_optimizer": {"learning_rate": 0.01}},
            evaluation=[
                {"name": "same", "horizon": 20, "runs": 30, "tuning_runs": 10},
                {"name": "edge", "horizon": 10, "runs": 4, "tuning_runs": 2,
                 "learning_rates": [1e-5, 1e-4], "baselines": [
                     "sgd", {"type": "sgd", "name": "fixed",
                             "learning_rate": 0.02}, "adam"]},
                {"name": "wider", "problem": {"variables": 8}, "horizon": 15,
                 "runs": 6, "tuning_runs": 3, "baselines": ["adam"]},
            ])
        cls.job = cls.d.run(cls.spec)
        cls.number = cls.job["id"]
        cls.curve = cls.frame(cls.number)
        cls.table = {e["name"]: e for e in cls.d.table(cls.number)}

    @classmethod
    def frame(cls, number):
        return pd.read_csv(cls.d.url(f"jobs/{number}/curves/evaluation.csv"),
                           float_precision="round_trip")

    def series(self, evaluation, optimizer):
        frame = self.curve
        return frame[(frame["evaluation"] == evaluation) &
                     (frame["optimizer"] == optimizer)]

    # ---- the table says what the curves say ----

    def test_table_and_curves(self):
        self.assertEqual(list(self.table), ["same", "edge", "wider"])
        for name, evaluation in self.table.items():
            for row in evaluation["rows"]:
                curve = self.series(name, row["optimizer"])
                last = curve.iloc[-1]
                self.assertEqual(last["step"], evaluation["horizon"])
                self.assertEqual(last["runs"], evaluation["runs"])
                self.assertEqual(row["final_mean"], last["mean"])
                self.assertEqual(row["final_median"], last["median"])
                self.assertEqual(row["diverged"], last["diverged"])
                np.testing.assert_allclose(
                    row["sum_mean"], curve["mean"].iloc[1:].sum(), rtol=1e-12)
                self.assertEqual(row["learned"], row["optimizer"] == "lstm")
        self.assertEqual(self.table["wider"]["problem"]["variables"], 8)
        self.assertEqual(
            [(e["name"], [(r["optimizer"], r["final_mean"])
                          for r in e["rows"]]) for e in self.job["results"]],
            [(e["name"], [(r["optimizer"], r["final_mean"])
                          for r in e["rows"]]) for e in self.table.values()])

    def test_best_and_differences(self):
        for evaluation in self.table.values():
            rows = evaluation["rows"]
            best = min(rows, key=lambda r: r["sum_mean"])
            self.assertEqual([r["optimizer"] for r in rows if r["best"]],
                             [best["optimizer"]])
            crafted = min((r for r in rows if not r["learned"]),
                          key=lambda r: r["final_mean"])
            for row in rows:
                if row is crafted:
                    self.assertIsNone(row["difference"])
                    self.assertIsNone(row["difference_low"])
                    continue
                np.testing.assert_allclose(
                    row["difference"],
                    row["final_mean"] - crafted["final_mean"],
                    rtol=1e-9, atol=1e-9)
                self.assertLessEqual(row["difference_low"], row["difference"])
                self.assertGreaterEqual(row["difference_high"],
                                        row["difference"])

    def test_rates(self):
        for row in self.table["same"]["rows"]:
            self.assertEqual(row["tuned"], not row["learned"])
            self.assertEqual(row["learning_rate"] is None, row["learned"])
        rows = {r["optimizer"]: r for r in self.table["edge"]["rows"]}
        # Too small a grid: its upper end wins, and is flagged.
        for name in ("sgd", "adam"):
            self.assertEqual((rows[name]["learning_rate"], rows[name]["edge"],
                              rows[name]["tuned"]), (1e-4, True, True))
        self.assertEqual((rows["fixed"]["learning_rate"],
                          rows["fixed"]["edge"], rows["fixed"]["tuned"]),
                         (0.02, False, False))

    def test_paired(self):
        """All begin at the same points of the same instances."""
        for name in self.table:
            first = self.curve[(self.curve["evaluation"] == name) &
                               (self.curve["step"] == 0)]
            self.assertGreater(len(first), 1)
            for column in ("mean", "median", "q10", "q90"):
                self.assertEqual(len(set(first[column])), 1, (name, column))

    def test_rate_is_tuned_on_other_instances(self):
        """More tuning runs may change rates; the runs stay what they are."""
        spec = dict(self.spec, evaluation=[
            dict(self.spec["evaluation"][0], tuning_runs=1)])
        other = self.frame(self.d.run(spec)["id"])
        mine = self.series("same", "lstm")
        pd.testing.assert_frame_equal(
            other[other["optimizer"] == "lstm"].reset_index(drop=True),
            mine.reset_index(drop=True), check_exact=True)

    # ---- evaluated again ----

    def test_snapshot_gives_the_same_row(self):
        """An evaluate job of the best snapshot is the train job's own row."""
        best = self.d.snapshots(self.number)["best"]
        rows = self.table["same"]["rows"]
        self.assertEqual(rows[0]["snapshot"], best["id"])
        number = self.d.run({
            "type": "evaluate", "seed": 5, "problem": self.spec["problem"],
            "optimizers": [{"snapshot": best["id"], "name": "lstm"}, "sgd",
                           "nag", "rmsprop", "adam"],
            "evaluation": [self.spec["evaluation"][0]]})["id"]
        self.assertEqual(self.d.table(number)[0]["rows"], rows)
        again = self.frame(number)
        mine = self.curve[self.curve["evaluation"] == "same"]
        pd.testing.assert_frame_equal(again, mine, check_exact=True)

    def test_another_horizon(self):
        """As far as both go, it is the same run."""
        best = self.d.snapshots(self.number)["best"]["id"]
        number = self.d.run({
            "type": "evaluate", "seed": 5, "problem": self.spec["problem"],
            "optimizers": [{"snapshot": best}, "adam"],
            "evaluation": [{"horizon": 50, "runs": 30, "tuning_runs": 2}]
        })["id"]
        rows = self.d.table(number)[0]["rows"]
        self.assertEqual([(r["optimizer"], r["learned"], r["snapshot"])
                          for r in rows],
                         [(f"lstm (snapshot {best})", True, best),
                          ("adam", False, None)])
        frame = self.frame(number)
        learned = frame[frame["optimizer"] == f"lstm (snapshot {best})"]
        self.assertEqual(list(learned["step"]), list(range(51)))
        self.assertEqual(list(learned["mean"])[:21],
                         list(self.series("same", "lstm")["mean"]))
        self.assertEqual(self.d.snapshots(number), {})

    # ---- computed here ----

    def evaluate_simple(self, preprocess, layers, variables=3, start=0.7,
                        horizon=40):
        """Train a little on f(x) = sum of x^2; the daemon's curves of it, and
        the exported weights."""
        number = self.d.run(tiny(
            problem={"type": "simple", "variables": variables, "start": start},
            optimizer={"layers": layers, "preprocess": preprocess,
                       "output_scale": 0.05},
            training={"epochs": 30, "horizon": 20, "unroll": 10,
                      "validate_every": 10, "validation_runs": 1,
                      "meta_optimizer": {"learning_rate": 0.003}},
            evaluation=[{"horizon": horizon, "runs": 2, "tuning_runs": 1,
                         "baselines": [
                             {"type": "sgd", "learning_rate": 0.05},
                             {"type": "adam", "learning_rate": 0.02},
                             "adam"]}]))["id"]
        best = self.d.snapshots(number)["best"]
        weights = self.d.get(f"snapshots/{best['id']}.safetensors").content
        frame = self.frame(number)
        return number, weights, {name: curve["mean"].to_numpy() for
                                 name, curve in frame.groupby("optimizer")}

    def test_learned_optimizer_in_numpy(self):
        """The exported weights in a plain float64 LSTM take the same path."""
        for preprocess in ({"type": "none"}, {"type": "log_sign", "p": 10},
                           {"type": "log_sign", "p": 0.5},
                           {"type": "clamp", "clamp": 0.8}):
            for layers in ([20, 20], [7]):
                with self.subTest(preprocess=preprocess, layers=layers):
                    _, weights, curves = self.evaluate_simple(preprocess,
                                                              layers)
                    optimizer = Lstm(weights)
                    self.assertEqual(optimizer.layers, layers)
                    optimizer.start(3)
                    mine = descend(optimizer.update, 0.7, 3, 40)
                    self.assertGreater(abs(mine[-1] / mine[0] - 1), 0.01)
                    np.testing.assert_allclose(curves["lstm"], mine,
                                               rtol=1e-4)

    def test_hand_crafted_ones_in_numpy(self):
        number, _, curves = self.evaluate_simple({"type": "none"}, [4])
        np.testing.assert_allclose(curves["sgd"],
                                   descend(sgd(0.05), 0.7, 3, 40), rtol=1e-4)
        np.testing.assert_allclose(curves["adam"],
                                   descend(adam(0.02), 0.7, 3, 40), rtol=1e-4)
        # The grid's winner is the one that wins here.
        tuned = next(r for r in self.d.table(number)[0]["rows"]
                     if r["tuned"])
        self.assertEqual(tuned["optimizer"], "adam 2")
        grid = self.d.job(number)["spec"]["evaluation"][0]["learning_rates"]
        sums = [descend(adam(rate), 0.7, 3, 40)[1:].sum() for rate in grid]
        self.assertEqual(tuned["learning_rate"], grid[int(np.argmin(sums))])
        np.testing.assert_allclose(tuned["sum_mean"], min(sums), rtol=1e-4)
