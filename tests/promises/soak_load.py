"""What soak.py does to the daemon: some twenty times the work of a busy lab, by
threads that each do one thing again and again."""

import itertools
import random
import socket
import threading
import time

import requests

from daemon import ENDED, SLOW
from specs import quadratic, tiny

RATE = 20               # times a lab that submits a job every 20 seconds
JOB_SECONDS = 20 / RATE
KEPT = 60               # ended jobs; older ones are deleted

DIVERGING = {
    "name": "diverging",
    "problem": {"type": "mlp", "dataset": "synthetic-digits",
                "hidden": [8] * 8, "activation": "relu", "batch": 4,
                "start_deviation": 100},
    "optimizer": [{"group": "hidden", "type": "sgd", "learning_rate": 1e6},
                  {"group": "output", "layers": [4]}],
    "training": {"epochs": 60, "horizon": 10, "unroll": 5},
}
EVALUATION = {
    "type": "evaluate", "name": "evaluation",
    "problem": {"type": "quadratic"},
    "optimizers": ["sgd", "adam", "rmsprop"],
    "evaluation": [{"horizon": 30, "runs": 5, "tuning_runs": 5}],
}
INFINITE = tiny(name="infinite", problem={"type": "quadratic"},
                evaluation=[{"horizon": 12, "runs": 3, "tuning_runs": 2,
                             "learning_rates": [1e6],
                             "baselines": ["sgd", "adam"]}])
SHORT = tiny(name="short", training={"epochs": 400, "horizon": 10, "unroll": 5,
                                     "validate_every": 50,
                                     "validation_runs": 2,
                                     "snapshot_every": 100})
LONG = tiny(name="long", problem={"type": "quadratic"},
            training={"epochs": 3000, "horizon": 20, "unroll": 10,
                      "validate_every": 0})
ROUND = (SHORT, EVALUATION, SHORT, INFINITE, SHORT, DIVERGING, SHORT,
         quadratic(evaluation=[{"horizon": 20, "runs": 20, "tuning_runs": 5}]))

CATALOGUE = ("problems", "optimizers", "datasets", "presets", "server",
             "openapi.json", "readyz", "healthz", "metrics", "/", "/app.js",
             "/style.css", "jobs?state=running", "jobs?q=short&limit=500",
             "snapshots?limit=500")


class Client:
    """One thread's connection that is kept, as a browser does."""

    def __init__(self, load):
        self.load = load
        self.session = requests.Session()
        self.session.trust_env = False

    def ask(self, method, path, also=(), **more):
        """An answer of the 200s, or of a status that may be as well."""
        more.setdefault("timeout", 90 * SLOW)
        answer = self.session.request(method, self.load.d.url(path), **more)
        self.load.count(answer.status_code)
        if answer.status_code >= 300 and answer.status_code not in also:
            raise AssertionError(f"{method} {path}: {answer.status_code} "
                                 f"{answer.text[:300]}")
        return answer

    def get(self, path, **more):
        """Of what may have been deleted meanwhile."""
        return self.ask("GET", path, also=(404,), **more)


class Load:
    """The threads, what they counted and where they failed."""

    def __init__(self, d):
        self.d = d
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.requests = self.jobs = self.connections = 0
        self.errors = []
        self.running = []       # jobs that are to look at
        self.keep = []          # all that are there, oldest first
        self.threads = [
            threading.Thread(target=self.again, args=(work, pause))
            for work, pause in (
                (self.submit, JOB_SECONDS), (self.tidy, 0.5),
                (self.steer, 5), (self.repeat, 20), (self.import_back, 4),
                (self.back_up, 30),
                (self.dashboard, 1), (self.dashboard, 1),
                (self.follow, 0.1), (self.follow, 0.1), (self.follow, 0.1),
                (self.read_all, 0.5), (self.catalogue, 0.3),
                (self.churn, 0.1), (self.abandon, 0.3), (self.nonsense, 0.5))]
        self.numbers = itertools.count(1)

    def begin(self):
        for thread in self.threads:
            thread.start()

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def again(self, work, pause):
        client = Client(self)
        while not self.stop.wait(pause):
            try:
                work(client)
            except Exception as error:
                self.fail(f"{work.__name__}: {error}")

    def fail(self, what):
        with self.lock:
            self.errors.append(what)
        print(f"error: {what}", flush=True)

    def count(self, status):
        with self.lock:
            self.requests += 1
            if status == 201:
                self.jobs += 1

    # ---- jobs ----

    def add(self, client, spec, **more):
        number = client.ask("POST", "jobs", json=spec, **more).json()["id"]
        with self.lock:
            self.keep.append(number)
            self.running = [*self.running, number][-10:]
        return number

    def wait(self, client, number, states=ENDED):
        while not self.stop.wait(0.2):
            answer = client.get(f"jobs/{number}")
            if answer.status_code == 404 or answer.json()["state"] in states:
                return

    def submit(self, client):
        """The next of the round, unless enough wait already."""
        waiting = client.ask("GET", "jobs?state=queued&limit=20").json()
        if len(waiting["jobs"]) < 20:
            number = next(self.numbers)
            self.add(client, {**ROUND[number % len(ROUND)], "seed": number,
                              "notes": "n" * 100, "tags": ["soak"]})

    def tidy(self, client):
        """Old jobs go; none of them may have failed."""
        while len(self.keep) > KEPT:
            with self.lock:
                number = self.keep.pop(0)
            job = client.get(f"jobs/{number}").json()
            if job.get("state") == "failed":
                self.fail(f"job {number} failed: {job['reason']}")
            client.ask("DELETE", f"jobs/{number}", also=(404,))

    def steer(self, client):
        """Pause, resume, cancel, retry: where they are in time."""
        number = self.add(client, {**LONG, "priority": 10})
        self.wait(client, number, ("running", *ENDED))
        for action in ("pause", "resume", "cancel", "retry"):
            client.ask("POST", f"jobs/{number}/{action}", also=(404, 409))
            self.stop.wait(0.3)
        client.ask("PATCH", f"jobs/{number}", json={"name": "steered"},
                   also=(404,))

    def repeat(self, client):
        """The same twice, by its key and as a new job."""
        key = {"Idempotency-Key": f"soak {next(self.numbers)}"}
        number = self.add(client, INFINITE, headers=key)
        again = client.ask("POST", "jobs", json=INFINITE, headers=key)
        assert again.json()["id"] == number
        answer = client.ask("POST", f"jobs/{number}/duplicate", also=(404,))
        if answer.status_code == 201:
            with self.lock:
                self.keep.append(answer.json()["id"])

    # ---- readers ----

    def dashboard(self, client):
        client.ask("GET", "jobs?limit=50")
        client.ask("GET", "server")
        for number in self.running[-2:]:
            client.get(f"jobs/{number}")
            client.get(f"jobs/{number}/curves/training.json?max_points=500")
            client.get(f"jobs/{number}/table")

    def follow(self, client):
        """A running job by long polls until it is complete."""
        if not self.running:
            return
        path = f"jobs/{random.choice(self.running)}/curves/training.json"
        seq, complete = 0, False
        while not complete and not self.stop.is_set():
            answer = client.get(path, params={"after": seq, "wait": 5})
            if answer.status_code == 404:
                return
            page = answer.json()
            seq, complete = page["seq"], page["complete"] and not page["rows"]

    def read_all(self, client):
        if not self.keep:
            return
        number = random.choice(self.keep)
        for path in ("", "/log", "/table", "/curves", "/curves/training.csv",
                     "/curves/training.ndjson", "/curves/evaluation.json",
                     "/curves/validation.csv"):
            client.get(f"jobs/{number}{path}")

    def catalogue(self, client):
        client.ask("GET", random.choice(CATALOGUE))

    def import_back(self, client):
        """A snapshot taken away in each format, brought back, deleted."""
        listed = client.ask("GET", "snapshots?limit=5").json()["snapshots"]
        for snapshot in listed[-1:]:
            path = f"snapshots/{snapshot['id']}"
            for suffix in ("npz", "json", "safetensors"):
                answer = client.get(f"{path}.{suffix}")
            if answer.status_code == 404:
                return
            new = client.ask("POST", "snapshots", data=answer.content, headers={
                "Content-Type": "application/octet-stream"}).json()["id"]
            self.jobs -= 1
            client.ask("DELETE", f"snapshots/{new}")

    def back_up(self, client):
        answer = client.ask("POST", "backup", also=(409,))
        if answer.status_code == 200:
            assert answer.content.startswith(b"SQLite format 3\0")

    # ---- connections ----

    def connect(self, data):
        """A connection of its own with these bytes on it."""
        with self.lock:
            self.connections += 1
        s = socket.create_connection(("127.0.0.1", self.d.port), 30 * SLOW)
        s.settimeout(30 * SLOW)
        s.sendall(data)
        return s

    def head(self, line, *more):
        return "\r\n".join([line, f"Host: 127.0.0.1:{self.d.port}", *more,
                            "", ""]).encode()

    def churn(self, client):
        """A new connection for one request."""
        with self.connect(self.head("GET /api/v1/healthz HTTP/1.1",
                                    "Connection: close")) as s:
            got = s.recv(65536)
            assert got.startswith(b"HTTP/1.1 200"), got
        self.count(200)

    def abandon(self, client):
        """Clients that hang up: at once, in a head, in a body, in an answer;
        and one that says nothing until the daemon hangs up."""
        heads = (b"", b"GET /api/v1/jo", self.head(
            "POST /api/v1/jobs HTTP/1.1", "Content-Type: application/json",
            "Content-Length: 1000") + b"{", self.head(
            "GET /api/v1/openapi.json HTTP/1.1"))
        self.connect(random.choice(heads)).close()
        if random.random() < 0.1:
            with self.connect(b"") as s:
                self.stop.wait(1)
                s.settimeout(60 * SLOW)
                s.recv(65536)

    def nonsense(self, client):
        """What is refused: it must cost nothing that stays."""
        for body in ('{"problem": {"type": "x"}}', '{"seed": [' * 40, "[]"):
            client.ask("POST", "jobs", data=body, also=(400, 422),
                       headers={"Content-Type": "application/json"})
        client.ask("GET", "jobs?limit=x", also=(400,))
        client.ask("GET", "jobs/1/curves/training.xml", also=(404, 406))
        client.ask("POST", "snapshots", data=b"x" * 5000, also=(422,),
                   headers={"Content-Type": "application/octet-stream"})
        with self.connect(b"GET / HTTP/1.1\r\nHost: evil\r\n\r\n") as s:
            assert b" 403 " in s.recv(65536)[:20]
