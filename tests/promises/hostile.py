"""Hostile input: every parser under clang's libFuzzer with its address and
undefined-behaviour sanitizers, FUZZ_SECONDS (30) each; then the worst bodies
that the daemon must refuse, or bear, and what memory they cost it."""

import json
import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from daemon import Daemon
from specs import tiny

NUMBER = 15
TEXT = "hostile input never crashes"

MB = 1024 * 1024
BODY = 256 * 1024       # the most that is taken
DEPTH = 32
TOKENS = 20000
MEMORY_MAX = 64 * MB    # that all the bodies together may cost
JSON = {"Content-Type": "application/json"}


def fuzz():
    """The count that tests/fuzz/libfuzzer.sh says."""
    clang = os.environ.get("CLANG", "clang")
    if shutil.which(clang) is None:
        raise unittest.SkipTest(f"there is no {clang}")
    script = Path(os.environ["srcdir"]) / "tests/fuzz/libfuzzer.sh"
    done = subprocess.run(["sh", str(script)], capture_output=True, text=True)
    print(done.stdout[-20000:], flush=True)
    found = re.search(r"^fuzz: (\d+ executions on \d+ parsers, crashes \d+)$",
                      done.stdout, re.MULTILINE)
    assert found and done.returncode == 0, done.stderr[-4000:]
    return found[1]


def fill(text, repeat, end=""):
    """As large as a body may be."""
    return text + repeat * ((BODY - len(text) - len(end)) // len(repeat)) + end


def bodies():
    """(what, body, status): each as bad as its kind can be."""
    spec = json.dumps(tiny(name="x"))
    nested = "[" * (DEPTH - 1)
    yield "nested deeply", "[" * BODY, 400
    yield "nested objects", fill("", '{"a":'), 400
    yield "at the depth", nested + "]" * (DEPTH - 1), 422
    yield "many tokens", fill("[", "{},", "0]"), 400
    yield "at the tokens", "[" + "{}," * (TOKENS // 3 - 2) + "0]", 422
    yield "many keys", "{" + ",".join(
        f'"{i}":0' for i in range(TOKENS // 4 - 2)) + "}", 422
    yield "the same key", fill("{", '"a":0,', '"a":0}'), 400
    yield "a key twice", '{"seed": 1, ' + spec[1:-1] + ', "seed": 2}', 400
    yield "a long text", fill('{"name": "', "x", '"}'), 422
    yield "escapes", fill('{"notes": "', "\\u00e9", '"}'), 422
    yield "NULs", fill('{"name": "', "\\u0000", '"}'), 400
    yield "half a pair", fill('{"name": "', "\\ud800", '"}'), 400
    yield "a long number", fill('{"seed": ', "9", "}"), 400
    yield "a long fraction", fill('{"seed": 0.', "1", "}"), 422
    yield "1e999", '{"seed": 1e999}', 400
    yield "many entries", json.dumps(
        {"tags": ["x"] * (TOKENS // 2 - 10)}), 422
    yield "many evaluations", json.dumps(
        {"evaluation": [{"horizon": -1}] * (TOKENS // 6 - 10)}), 422
    yield "spaces", fill("", " "), 400
    yield "bytes", b"\xff" * BODY, 400
    yield "larger", "[" + " " * BODY + "]", 413


def memory(d, what):
    """VmRSS or VmHWM, the most since it was last forgotten; in bytes."""
    status = Path(f"/proc/{d.process.pid}/status").read_text()
    found = re.search(rf"^{what}:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024


def send(d, method, path):
    """The bodies, each to be refused; how many."""
    count = 0
    for what, body, status in bodies():
        data = body.encode() if isinstance(body, str) else body
        answer = d.ask(method, path, data=data, headers=JSON)
        assert answer.status_code == status, \
            (what, method, path, answer.status_code, answer.text[:500])
        assert len(answer.content) < BODY, (what, len(answer.content))
        count += 1
    return count


def send_bodies(d):
    """To each address that reads JSON; how many, and the bytes by which the
    memory of a fresh daemon has risen."""
    # 5: forget the peak.
    Path(f"/proc/{d.process.pid}/clear_refs").write_text("5")
    before = memory(d, "VmRSS")
    count = send(d, "POST", "jobs?dry_run=1") + send(d, "POST", "jobs")
    rise = memory(d, "VmHWM") - before
    assert d.json("jobs")["jobs"] == []
    number = d.run(tiny())["id"]
    return count + send(d, "PATCH", f"jobs/{number}"), rise


def prove(short):
    d = Daemon()
    try:
        count, rise = send_bodies(d)
        assert rise <= MEMORY_MAX, f"{rise / MB:.1f} MB for {count} bodies"
    finally:
        d.close()
    return (f"{fuzz()}; {count} worst bodies refused, memory at most "
            f"{rise / MB:.1f} MB more")
