"""What a client was told, and what may have come of it since: the account that
kill.py keeps of every job and imported snapshot."""

import json
import random
import struct

ENDED = {"succeeded", "diverged", "cancelled", "failed"}
ALIVE = {"queued", "running"}
# What an action can be asked of, and what it leads to.
ACTIONS = {
    "pause": (ALIVE, "paused"),
    "resume": ({"paused"}, "queued"),
    "cancel": (ALIVE | {"paused"}, "cancelled"),
    "retry": (ENDED | ALIVE | {"paused"}, "queued"),
}


class Violation(AssertionError):
    """The daemon broke its word."""


def insist(true, *what):
    if not true:
        raise Violation(*what)


class Job:
    """A submission: what is known of it.  `states` are those it may be in now;
    "gone" is one of them."""

    def __init__(self, marker, quick, spec, key=None):
        self.marker, self.quick, self.spec, self.key = marker, quick, spec, key
        self.id = None
        self.fields = [(spec["name"], spec.get("notes", ""),
                        spec.get("priority", 0), tuple(spec["tags"]))]
        self.states = set()
        self.digest = None      # of what it has to show since it has ended

    def may_be(self, states):
        """So many states, and those it can get to from there by itself."""
        got = set(states)
        if got & ALIVE:
            got |= ALIVE | ({"succeeded"} if self.quick else set())
        return got

    def acknowledged(self, action):
        self.states = self.may_be({ACTIONS[action][1]})
        self.digest = None

    def unknown(self, action):
        """It may have been done or not, and nothing else."""
        if action == "delete":
            # One that runs is cancelled first, which the manual says.
            self.states |= {"gone", "cancelled"}
            return
        self.states |= self.may_be({ACTIONS[action][1]})

    def refused(self, action, state):
        """409: the state does not allow it."""
        insist(state in self.states, self.marker, self.id, action,
               f"409 with {state}, which it cannot be in", self.states)
        self.states = self.may_be({state})

    def seen(self, row):
        """It is there, so; hold it to that from now on."""
        state = row["state"]
        insist(state in self.states, self.marker, self.id, state,
               row["reason"], "told", self.states)
        self.states = self.may_be({state})
        fields = (row["name"], row["notes"], row["priority"],
                  tuple(row["tags"]))
        insist(fields in self.fields, self.marker, self.id, fields, "told",
               self.fields)
        self.fields = [fields]
        if state not in ENDED:
            self.digest = None

    def missing(self):
        insist("gone" in self.states, self.marker, self.id, "is lost; told",
               self.states)
        self.states = {"gone"}


class Snapshot:
    """An imported file, of its own weights."""

    def __init__(self, marker, template, value):
        self.marker, self.value = marker, struct.pack("<f", value)
        size = struct.unpack("<Q", template[:8])[0]
        head = json.loads(template[8:8 + size])
        head["__metadata__"] = {
            name: head["__metadata__"][name]
            for name in ("format", "optimizer", "options", "problem")}
        head["__metadata__"]["name"] = marker
        text = json.dumps(head).encode()
        text += b" " * (-len(text) % 8)
        self.file = struct.pack("<Q", len(text)) + text + \
            template[8 + size:-4] + self.value
        self.id = None
        self.sha256 = None
        self.states = set()     # of "there" and "gone"
        self.digest = None      # of what it looks like when downloaded


def new_spec(rng, marker):
    """(quick, spec): a job that ends soon or one that never does."""
    quick = rng.random() < 0.75
    spec = {
        "name": f"{marker} job", "tags": [marker], "notes": "",
        "priority": rng.randrange(-5, 6), "seed": rng.randrange(1, 5),
        "threads": 1,
        "problem": {"type": "quadratic"},
        "optimizer": {"layers": [4], "preprocess": {"type": "none"}},
    }
    if quick:
        spec["training"] = {"epochs": rng.choice((10, 40, 160)),
                            "horizon": 10, "unroll": 5, "validate_every": 10,
                            "validation_runs": 2, "snapshot_every": 20}
        spec["evaluation"] = [{"horizon": 10, "runs": 5, "tuning_runs": 2,
                               "baselines": ["adam"]}]
    else:
        spec["training"] = {"epochs": 10000000, "horizon": 200, "unroll": 50,
                            "validate_every": 0}
        spec["evaluation"] = []
    return quick, spec


def new_fields(rng, marker):
    """A patch: some of the members, the tag it is known by always with it."""
    all_of_them = {
        "name": f"renamed {rng.randrange(10**6)}",
        "notes": "n" * rng.randrange(100) + str(rng.randrange(10**6)),
        "priority": rng.randrange(-5, 6),
        "tags": [marker, f"t{rng.randrange(10**6)}"],
    }
    names = rng.sample(sorted(all_of_them), rng.randrange(1, 5))
    return {name: all_of_them[name] for name in names}


def patched(fields, patch):
    name, notes, priority, tags = fields
    return (patch.get("name", name), patch.get("notes", notes),
            patch.get("priority", priority),
            tuple(patch.get("tags", tags)))


def generator(seed, index):
    return random.Random(f"{seed}/{index}")
