"""l2ld beside the PyTorch reference, taking turns: make bench.

	L2LD            the program (./l2ld)
	L2LD_REFERENCE  folder of l2l_torch.py; without it l2ld is measured alone
	L2LD_DATA       folder of data sets, for the reference's images

compare.py [--rounds N] [--output FILE.json]

A round measures one after the other, so that both see the same machine; what
counts is the ratio within a round.  `manual` is the best that could be written
in PyTorch (backward by hand, blocked, TorchScript), `idiomatic` what a careful
user writes (LSTMCell and autograd).  Neither side is held back by
OPENBLAS_CORETYPE.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

PROGRAM = os.environ.get("L2LD", "./l2ld")
REFERENCE = os.environ.get("L2LD_REFERENCE", "")
IMAGES = pathlib.Path(os.environ.get("L2LD_DATA", "")) / "mnist"
FREE = {name: value for name, value in os.environ.items()
        if name not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
PEERS = {"manual": ["--impl", "manual"],
         "idiomatic": ["--impl", "cell", "--meta", "direct"]}

# What is measured: l2ld's name of it, the reference's words, threads, and the
# epochs that a run of each peer takes.
WORKS = [
    ("epoch", ["--problem", "mnist"], 1, {"manual": 4, "idiomatic": 2}),
    ("epoch", ["--problem", "mnist"], 2, {"manual": 6, "idiomatic": 2}),
    ("quadratic_1", ["--problem", "quadratic", "--batch", "1"], 1,
     {"manual": 20, "idiomatic": 20}),
    ("quadratic_128", ["--problem", "quadratic", "--batch", "128"], 1,
     {"manual": 20, "idiomatic": 10}),
]


def l2ld(work, threads):
    done = subprocess.run(
        [PROGRAM, "bench", work, "--json", "--threads", str(threads)],
        env=FREE, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def peer(words, threads, epochs):
    done = subprocess.run(
        [sys.executable, REFERENCE + "/l2l_torch.py", "bench", *words,
         "--threads", str(threads), "--epochs", str(epochs), "--warmup", "1"],
        env=FREE, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def missing():
    """Why there is nothing to compare with, or None."""
    if not (pathlib.Path(REFERENCE) / "l2l_torch.py").is_file():
        return "L2LD_REFERENCE names no folder with l2l_torch.py"
    if subprocess.run([sys.executable, "-c", "import torch"],
                      stderr=subprocess.DEVNULL).returncode != 0:
        return "PyTorch is missing (Debian package: python3-torch)"
    return None


def measure(work, words, threads, epochs, rounds):
    if "mnist" in words and IMAGES.is_dir():
        words = [*words, "--data", str(IMAGES)]
    result = {"work": work, "threads": threads, "rounds": []}
    for _ in range(rounds):
        one = {}
        for name, options in PEERS.items():
            ours = l2ld(work, threads)
            theirs = peer([*words, *options], threads, epochs[name])
            seconds = ours[work]["runs"][0]["seconds"]
            one[name] = {
                "l2ld_seconds": seconds,
                "seconds": theirs["seconds_per_epoch"],
                "ratio": theirs["seconds_per_epoch"] / seconds,
                "fma_fraction": ours[work]["fma_fraction"],
                "l2ld_blas": ours["environment"]["blas"]["core"],
                "blas": theirs["openblas"]}
        result["rounds"].append(one)
    return result


def report(result):
    for name in PEERS:
        rounds = [one[name] for one in result["rounds"]]

        def middle(key):
            return statistics.median(one[key] for one in rounds)
        ratios = sorted(one["ratio"] for one in rounds)
        print(f"{result['work']:14} {result['threads']:7} {name:10}"
              f"{middle('l2ld_seconds'):10.5f} {middle('seconds'):10.5f}"
              f"{middle('ratio'):7.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
              f"  {rounds[0]['l2ld_blas']}, {rounds[0]['blas']}", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--output", help="write everything here, as JSON")
    options = options.parse_args()
    subprocess.run([PROGRAM, "bench"], env=FREE, check=True)
    why = missing()
    if why is not None:
        print(f"\nno comparison: {why}")
        return
    print(f"\n{'beside PyTorch':14} {'threads':>7} {'peer':10}"
          f"{'l2ld s':>10} {'peer s':>10}{'ratio':>7} (range)"
          f"       BLAS kernels of both", flush=True)
    results = []
    for work, words, threads, epochs in WORKS:
        if threads <= os.cpu_count():
            results.append(measure(work, words, threads, epochs,
                                   options.rounds))
            report(results[-1])
    if options.output:
        pathlib.Path(options.output).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
