"""Jobs for the tests: small, and what they share."""

import copy

from daemon import SANITIZED


def tiny(**members):
    """A job of a few milliseconds, with a learned optimizer of 4 units."""
    spec = {
        "problem": {"type": "simple"},
        "optimizer": {"layers": [4], "preprocess": {"type": "none"}},
        "training": {"epochs": 20, "horizon": 10, "unroll": 5,
                     "validate_every": 5, "validation_runs": 1},
        "evaluation": [{"horizon": 12, "runs": 3, "tuning_runs": 2,
                        "baselines": ["sgd", "adam"]}],
    }
    spec.update(copy.deepcopy(members))
    return spec


def endless(**members):
    """One that is still at it whenever a test looks, some hundred epochs a
    second; cancel it."""
    spec = tiny(problem={"type": "quadratic"},
                training={"epochs": 1000000, "horizon": 1000, "unroll": 100,
                          "validate_every": 0, "points": 1000000})
    spec.update(copy.deepcopy(members))
    return spec


def quadratic(**members):
    """Every part of a run on random instances, in several windows; some two
    seconds, a good part of them in the second evaluation.  Sanitizers make its
    arithmetic ten times as slow: it has less of it then, of the same parts."""
    spec = {
        "name": "quadratics",
        "problem": {"type": "quadratic", "variables": 8 if SANITIZED else 32},
        "optimizer": {"layers": [20, 20], "preprocess": {"type": "none"}},
        "training": {"epochs": 60, "horizon": 20, "unroll": 10,
                     "meta_batch": 16, "validate_every": 10,
                     "validation_runs": 16, "snapshot_every": 25,
                     "meta_optimizer": {"learning_rate": 0.003}},
        "evaluation": [
            {"horizon": 20, "runs": 20, "tuning_runs": 5},
            {"horizon": 40, "runs": 300, "tuning_runs": 50},
        ],
        "threads": 1,
    }
    spec.update(copy.deepcopy(members))
    return spec
