"""Non-finite data breaks no page: of jobs that end in NaN, infinities and 1e308
every answer in every format is 200 and can be read back, and every page of the
dashboard is loaded without a word on the console."""

import io
import json

import pandas

from chromium import Chromium
from daemon import Daemon
from specs import tiny

NUMBER = 19
TEXT = "non-finite data breaks no page"

# Training that diverges, evaluations of diverged runs, and values near the end
# of the doubles.
TRAINING = {"epochs": 30, "horizon": 10, "unroll": 5, "validate_every": 5,
            "validation_runs": 2}
WILD = [{"horizon": 40, "runs": 5, "tuning_runs": 2,
         "learning_rates": [1e3, 3e4, 1e6],
         "baselines": ["sgd", "adam", {"type": "sgd", "learning_rate": 1e6,
                                       "name": "wild"}]}]
JOBS = {
    "inf": {"problem": {"type": "mlp", "dataset": "synthetic-digits",
                        "hidden": [8] * 8, "activation": "relu", "batch": 4,
                        "start_deviation": 100},
            "optimizer": [{"group": "hidden", "type": "sgd",
                           "learning_rate": 1e6},
                          {"group": "output", "layers": [4]}],
            "training": {"epochs": 60, "horizon": 10, "unroll": 5}},
    "scale": tiny(problem={"type": "quadratic"}, training=TRAINING,
                  optimizer={"layers": [4], "output_scale": 1000},
                  evaluation=WILD),
    "rate": tiny(problem={"type": "quadratic", "variables": 16},
                 training=dict(TRAINING, meta_optimizer={
                     "learning_rate": 10}),
                 evaluation=WILD),
    "runs": {"type": "evaluate", "problem": {"type": "quadratic"},
             "optimizers": ["adam", {"type": "sgd", "learning_rate": 1e6}],
             "evaluation": [{"horizon": 40, "runs": 5}]},
    "simple": {"type": "evaluate", "problem": {"type": "simple"},
               "optimizers": [{"type": "momentum", "learning_rate": 1e6},
                              {"type": "sgd", "learning_rate": 3e5}],
               "evaluation": [{"horizon": 300, "runs": 3}]},
}


def strict(text):
    """What the JSON says; the words that JSON has not are an error."""
    def refuse(word):
        raise AssertionError(f"{word} in JSON")

    return json.loads(text, parse_constant=refuse)


def read_back(answer):
    """Parse an answer by its type; whether it had numbers that are none."""
    kind = answer.headers["Content-Type"].split(";")[0]
    if kind == "text/csv":
        frame = pandas.read_csv(io.BytesIO(answer.content))
        assert len(frame.columns) > 1, answer.text[:200]
        text = answer.text.lower()
        return "inf" in text or "nan" in text
    if kind == "application/x-ndjson":
        for line in answer.text.splitlines():
            strict(line)
    elif kind == "application/json":
        strict(answer.text)
    return '"nonfinite"' in answer.text and '"nonfinite":[]' not in \
        answer.text.replace(" ", "")


def paths_of(d, number):
    """Every address that has something of a job."""
    paths = [f"jobs/{number}", f"jobs/{number}/curves", f"jobs/{number}/log",
             f"snapshots?job={number}"]
    if d.get(f"jobs/{number}/table").status_code != 404:
        paths.append(f"jobs/{number}/table")
    for curve in d.json(f"jobs/{number}/curves")["curves"]:
        name = f"jobs/{number}/curves/{curve['name']}"
        paths += [f"{name}{suffix}{query}"
                  for suffix in ("", ".csv", ".json", ".ndjson")
                  for query in ("", "?max_points=5", "?after=3")]
    for snapshot in d.json("snapshots", job=number)["snapshots"]:
        one = f"snapshots/{snapshot['id']}"
        paths += [one] + [f"{one}.{suffix}"
                          for suffix in ("safetensors", "npz", "json")]
    return paths


def others(d):
    """The addresses that are of no one job."""
    return [path for path, verbs in d.json("openapi.json")["paths"].items()
            if "{" not in path and "get" in verbs]


def prove(short):
    d = Daemon(workers=1)
    browser, answers, wild, states = None, 0, 0, {}
    try:
        numbers = {}
        for name, spec in JOBS.items():
            numbers[name] = d.submit(dict(spec, name=name))
        for name, number in numbers.items():
            states[name] = d.wait(number, seconds=120)["state"]
        paths = [path.removeprefix("/") for path in others(d)]
        for number in numbers.values():
            paths += paths_of(d, number)
        for path in paths:
            answer = d.get(path)
            assert answer.status_code == 200, (path, answer.text[:300])
            try:
                wild += read_back(answer)
            except (ValueError, AssertionError) as error:
                raise AssertionError(f"{path}: {error}") from error
            answers += 1
        assert wild > 0, "there was nothing non-finite"
        browser = Chromium()
        pages = ["#/jobs", "#/new", "#/server", "#/snapshots"] + [
            f"#/jobs/{number}" for number in numbers.values()]
        for page in pages:
            session = browser.open(f"{d.base}/{page}")
            browser.listen(1)
            text = browser.run(session, "document.body.innerText")
            assert "could not be loaded" not in text, (page, text)
            assert not browser.said, (page, browser.said)
    finally:
        if browser is not None:
            browser.close()
        d.close()
    said = ", ".join(f"{name} {state}" for name, state in states.items())
    return (f"{len(JOBS)} jobs ({said}); {answers} answers read back, {wild} of "
            f"them with NaN or infinities, and {len(pages)} pages loaded: "
            "0 failures")
