"""Prove what doc/RELIABILITY.md promises: main.py [--short] NAME...

Each promise is a module of this folder, NAME.py, with its NUMBER, its TEXT and
prove(short), which returns the figure, raises AssertionError where the promise
is broken and unittest.SkipTest where this machine cannot tell.  Short is what
CI runs.  The figures are printed last; `make check-NAME` calls this.
"""

import argparse
import importlib
import os
import sys
import time
import traceback
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "api"))


def prove(name, short):
    """(word, line) of one promise."""
    began = time.monotonic()
    promise = importlib.import_module(name)
    what = f"promise {promise.NUMBER}, {promise.TEXT}"
    print(f"== {what}", flush=True)
    try:
        figure, word = promise.prove(short), "passed"
    except unittest.SkipTest as why:
        figure, word = f"skipped: {why}", "skipped"
    except Exception:
        traceback.print_exc(file=sys.stdout)
        figure, word = "FAILED", "failed"
    seconds = time.monotonic() - began
    return word, f"{what}: {figure} ({seconds:.0f} s)"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("names", nargs="+")
    options = parser.parse_args()
    count = {"passed": 0, "failed": 0, "skipped": 0}
    lines = []
    for name in options.names:
        word, line = prove(name.removeprefix("check-"), options.short)
        count[word] += 1
        lines.append(line)
    print()
    print("promises: " + ", ".join(
        f"{number} {word}" for word, number in count.items()))
    print("\n".join(lines), flush=True)
    return count["failed"] > 0


if __name__ == "__main__":
    sys.exit(main())
