"""An oversize job is refused before it runs: jobs small and large, each alone in a
server, take no more memory and disk than was estimated, and not so much less that
jobs would be refused for nothing; what cannot be counted is refused."""

import itertools
from pathlib import Path

from daemon import Daemon
from specs import tiny

NUMBER = 9
TEXT = "an oversize job is refused before it runs, by its estimate"

MIB = 1 << 20
LARGE = 64 * MIB        # from here on the estimate must be near
NEAR = 0.4


def train(problem, layers=(20, 20), evaluation=(), threads=1, **training):
    options = {"epochs": 2, "horizon": 20, "unroll": 20, "validate_every": 0}
    options.update(training)
    return {"problem": problem, "optimizer": {"layers": list(layers)},
            "training": options, "evaluation": list(evaluation),
            "threads": threads}


def quadratic(n):
    return {"type": "quadratic", "variables": n}


def digits(hidden, **more):
    return dict({"type": "mlp", "dataset": "synthetic-digits",
                 "hidden": hidden}, **more)


def evaluate(**options):
    return dict({"horizon": 20, "runs": 10, "tuning_runs": 1,
                 "learning_rates": [0.01], "baselines": ["adam"]}, **options)


FEW = [
    tiny(),
    train(quadratic(500), meta_batch=16, record_memory=256),
    train({"type": "simple", "variables": 200000}, epochs=1),
    train(digits([256]), evaluation=[evaluate()], epochs=1),
    train(quadratic(10), layers=[64], evaluation=[
        evaluate(runs=20000, horizon=100)]),
]

GRID = FEW + [
    train(quadratic(n), layers, meta_batch=batch, record_memory=memory,
          threads=threads, epochs=1)
    for n, layers, batch, memory, threads in itertools.product(
        (10, 1000), ([20, 20], [100]), (1, 16), (0, 512), (1, 2))
] + [
    train({"type": "simple", "variables": n}, epochs=1, horizon=h, unroll=h,
          record_memory=memory)
    for n, h, memory in ((1000000, 4, 0), (100000, 50, 2048), (1, 1000, 32),
                         (1000000, 2, 1024))
] + [
    train(digits(hidden, batch=batch), epochs=1, horizon=5, unroll=5,
          threads=2, evaluation=[evaluate(horizon=5, runs=4)])
    for hidden, batch in (([], 128), ([20], 128), ([500, 500], 1024),
                          ([2000], 16))
] + [
    train(quadratic(10), [4], epochs=3000, horizon=1, unroll=1,
          snapshot_every=100, snapshot_keep=keep, validate_every=10,
          validation_runs=1) for keep in (1, 10, 0)
] + [
    train(quadratic(10), [4], evaluation=[evaluate(horizon=3000, runs=runs,
                                                   points=points)])
    for runs, points in ((2, 10000), (1000, 100), (4000, 3000))
]

# More than any machine has, or than can be counted.
OVERSIZE = [
    train({"type": "simple", "variables": 10 ** 7}, meta_batch=4096),
    train({"type": "simple", "variables": 10 ** 7}, [256] * 8, unroll=1000,
          horizon=1000, record_memory=0, meta_batch=4096),
    train(quadratic(2048), meta_batch=4096, threads=256,
          record_memory=65536),
    train(digits([4096] * 16, batch=10000), [256] * 8, meta_batch=4096),
    train(quadratic(1), evaluation=[evaluate(runs=100000, horizon=100000)]),
    dict(train(quadratic(2048), evaluation=[
        evaluate(runs=100000, horizon=100000, problem={"functions": 4096})]),
        threads=256),
]


def status(d, name):
    for line in Path(f"/proc/{d.process.pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise AssertionError(name)


def database(d):
    """Bytes of the database once its log is copied."""
    d.until(lambda: d.json("server")["database"]["wal_size"] == 0,
            "an empty log")
    return d.json("server")["database"]["size"]


def measure(spec):
    """(growth, estimate) of memory and of disk."""
    d = Daemon(workers=1, options=("--memory", "0"))
    try:
        d.json("server")
        small = database(d)
        # The peak so far is forgotten.
        Path(f"/proc/{d.process.pid}/clear_refs").write_text("5")
        before = status(d, "VmRSS")
        job = d.run(spec, seconds=300)
        peak = status(d, "VmHWM") - before
        growth = database(d) - small
        estimate = job["estimate"]
        return (peak, estimate["memory_bytes"]), \
            (growth, estimate["disk_bytes"])
    finally:
        d.close()


def refused():
    """How many of the oversize ones are, with the default limits."""
    d = Daemon(workers=1)
    try:
        for spec in OVERSIZE:
            answer = d.post("jobs", json=spec)
            assert answer.status_code == 422, (spec, answer.text)
            (error,) = answer.json()["errors"]
            assert error["code"] == "too_large", error
        assert d.json("jobs")["jobs"] == []
    finally:
        d.close()
    return len(OVERSIZE)


def bounds(pairs):
    ratios = [used / estimate for used, estimate in pairs]
    return f"{min(ratios):.2f}-{max(ratios):.2f}"


def prove(short):
    memory, disk = [], []
    for spec in FEW if short else GRID:
        one, other = measure(spec)
        assert one[0] <= one[1], (one, spec)
        assert other[0] <= other[1], (other, spec)
        assert one[1] < LARGE or one[0] >= NEAR * one[1], (one, spec)
        memory.append(one)
        disk.append(other)
    large = [one for one in memory if one[1] >= LARGE]
    assert large
    return (f"{len(memory)} jobs of {min(m[1] for m in memory) // MIB}-"
            f"{max(m[1] for m in memory) // MIB} MiB: peak / estimate "
            f"{bounds(memory)}, of those over {LARGE // MIB} MiB "
            f"{bounds(large)}; disk / estimate {bounds(disk)}; "
            f"{refused()} of {len(OVERSIZE)} oversize ones refused")
