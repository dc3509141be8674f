"""The clients of kill.py: each submits, changes, deletes, imports, and writes
down what was acknowledged.  A request that had no answer may have been done or
not; whichever it was must stay so."""

import threading
import time

import requests

from kill_model import (ACTIONS, Job, Snapshot, Violation, generator, insist,
                        new_fields, new_spec, patched)

JOBS = 14           # that a client keeps, about
JSON = {"Content-Type": "application/json"}
BYTES = {"Content-Type": "application/octet-stream"}
REFUSALS = (429, 503, 507)      # nothing was done; try again later


class Load:
    """All clients.  They work while the daemon is there; between kill() and
    release() they stand still, each with at most one question open."""

    def __init__(self, daemon, template, clients, seed):
        self.d = daemon
        self.template = template
        self.seed = seed
        self.open = threading.Event()
        self.killing = self.over = False
        self.trouble = None
        self.clients = [Client(self, i) for i in range(clients)]
        for client in self.clients:
            client.start()

    def release(self):
        self.killing = False
        for client in self.clients:
            client.renew()
        self.open.set()

    def settle(self):
        """Wait until all stand still; raise what went wrong in one."""
        self.open.clear()
        for client in self.clients:
            if not client.idle.wait(120):
                raise Violation("a request has had no answer for 120 s")
        if self.trouble is not None:
            raise self.trouble

    def end(self):
        self.over = True
        self.open.set()
        for client in self.clients:
            client.join()

    def jobs(self):
        return [job for client in self.clients for job in client.jobs]

    def count(self, name):
        return sum(getattr(client, name) for client in self.clients)


class Client(threading.Thread):
    def __init__(self, load, index):
        super().__init__(daemon=True)
        self.load, self.index = load, index
        self.rng = generator(load.seed, index)
        self.idle = threading.Event()
        self.jobs, self.snapshots = [], []
        self.open_job = self.open_snapshot = None   # asked for, no answer
        self.made = self.acknowledged = self.unknown = self.refusals = 0
        self.renew()

    def renew(self):
        self.session = requests.Session()
        self.session.trust_env = False
        self.base = self.load.d.base + "/api/v1/"

    def run(self):
        while not self.load.over:
            if not self.load.open.is_set():
                self.idle.set()
                self.load.open.wait()
                self.idle.clear()
                continue
            try:
                self.step()
            except (requests.RequestException, ValueError) as error:
                if not self.load.killing:
                    self.load.trouble = Violation(
                        "no answer, though nobody killed it", repr(error))
                self.stand()
            except Violation as error:
                self.load.trouble = error
                self.stand()

    def stand(self):
        """Until the daemon is there again."""
        self.idle.set()
        while self.load.open.is_set() and not self.load.over:
            time.sleep(0.001)

    def ask(self, method, path, **more):
        """(status, answer), or an exception where none came."""
        answer = self.session.request(method, self.base + path,
                                      timeout=100, **more)
        status = answer.status_code
        if status in REFUSALS:
            self.refusals += 1
        else:
            insist(status in (200, 201, 204, 404, 409), method, path, status,
                   answer.text)
        # A body cut by the kill is no answer.
        return status, answer.json() if status != 204 else None

    def marker(self):
        self.made += 1
        return f"c{self.index}-{self.made}"

    # ---- what a client does ----

    def step(self):
        if self.open_job is not None:
            self.submit(self.open_job)
            return
        many = len(self.jobs) / JOBS
        do = self.rng.choices(
            (self.new_job, self.patch, self.act, self.delete, self.duplicate,
             self.new_snapshot, self.delete_snapshot, self.read),
            (3 / (0.2 + many), 3, 4, 2 * many ** 2, 0.4, 0.7,
             0.1 * len(self.snapshots), 2))[0]
        do()

    def new_job(self):
        marker = self.marker()
        quick, spec = new_spec(self.rng, marker)
        key = marker + "-key" if self.rng.random() < 0.5 else None
        self.submit(Job(marker, quick, spec, key))

    def submit(self, job, path="jobs"):
        """A job that has an id already was found after a kill: the key must
        give that one."""
        more = {"json": job.spec} if path == "jobs" else {}
        if job.key is not None:
            more["headers"] = {"Idempotency-Key": job.key}
        self.open_job = job
        status, answer = self.ask("POST", path, **more)
        self.open_job = None
        if status == 404:
            insist(path != "jobs", answer)
            return
        if status in REFUSALS:
            insist(job.id is None, job.marker, "was there and is refused")
            return
        insist(job.id in (None, answer["id"]), job.marker, job.id,
               "has another number for its key", answer["id"])
        self.acknowledged += 1
        if job.id is None:
            job.id = answer["id"]
            job.states = job.may_be({"queued"})
            self.jobs.append(job)

    def duplicate(self):
        if not self.jobs:
            return
        source = self.rng.choice(self.jobs)
        self.submit(Job(source.marker, source.quick, source.spec),
                    f"jobs/{source.id}/duplicate")

    def patch(self):
        if not self.jobs:
            return
        job = self.rng.choice(self.jobs)
        change = new_fields(self.rng, job.marker)
        before = job.fields
        after = [patched(fields, change) for fields in before]
        job.fields = before + after
        self.unknown += 1
        status, _ = self.ask("PATCH", f"jobs/{job.id}", json=change)
        self.unknown -= 1
        job.fields = after if status == 200 else before
        self.answered(job, status)

    def answered(self, job, status):
        """A 2xx, or a 404 for a job that may be gone."""
        if status == 404:
            job.missing()
            self.jobs.remove(job)
        elif status < 300:
            insist(job.states != {"gone"}, job.marker, "was deleted")
            job.states.discard("gone")
            self.acknowledged += 1

    def act(self):
        if not self.jobs:
            return
        job = self.rng.choice(self.jobs)
        likely = [a for a, (from_, _) in ACTIONS.items()
                  if from_ & job.states] or list(ACTIONS)
        action = self.rng.choice(
            likely if self.rng.random() < 0.9 else list(ACTIONS))
        before = set(job.states)
        job.unknown(action)
        self.unknown += 1
        status, answer = self.ask("POST", f"jobs/{job.id}/{action}")
        self.unknown -= 1
        job.states = before
        if status == 409:
            job.refused(action, answer["state"])
            return
        self.answered(job, status)
        if status == 200:
            job.acknowledged(action)
            insist(answer["state"] in job.states, job.marker, action,
                   answer["state"])

    def delete(self):
        if not self.jobs:
            return
        job = self.rng.choice(self.jobs)
        before = set(job.states)
        job.unknown("delete")
        self.unknown += 1
        status, _ = self.ask("DELETE", f"jobs/{job.id}")
        self.unknown -= 1
        job.states = before
        self.answered(job, status)
        if status == 204:
            job.states = {"gone"}
            self.jobs.remove(job)

    def new_snapshot(self):
        snapshot = Snapshot(self.marker(), self.load.template,
                            self.rng.uniform(-1, 1))
        self.open_snapshot = snapshot
        status, answer = self.ask("POST", "snapshots", data=snapshot.file,
                                  headers=BYTES)
        self.open_snapshot = None
        if status == 201:
            self.acknowledged += 1
            snapshot.id, snapshot.sha256 = answer["id"], answer["sha256"]
            snapshot.states = {"there"}
            self.snapshots.append(snapshot)

    def delete_snapshot(self):
        if not self.snapshots:
            return
        snapshot = self.rng.choice(self.snapshots)
        snapshot.states.add("gone")
        self.unknown += 1
        status, _ = self.ask("DELETE", f"snapshots/{snapshot.id}")
        self.unknown -= 1
        if status == 204:
            self.acknowledged += 1
            snapshot.states = {"gone"}
            self.snapshots.remove(snapshot)
        elif status in REFUSALS:
            snapshot.states.discard("gone")

    def read(self):
        """What a page or a script looks at meanwhile."""
        if not self.jobs:
            return
        job = self.rng.choice(self.jobs)
        path = self.rng.choice((
            "jobs?limit=20", f"jobs/{job.id}", f"jobs/{job.id}/curves",
            f"jobs/{job.id}/curves/training.json?after=0&wait=0.05",
            f"jobs/{job.id}/log"))
        status, _ = self.ask("GET", path)
        insist(status in (200, 404), path, status)
