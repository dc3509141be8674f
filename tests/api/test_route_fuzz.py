"""Every route, asked with hostile ids, names, queries, headers and bodies: the
answer is never a 500, an error is always a problem with a code, and the daemon
goes on.  L2LD_FUZZ_SEED and L2LD_FUZZ_COUNT choose others, and more."""

import copy
import json
import os
import random
from urllib.parse import quote

from case import Case
from specs import tiny

METHODS = ("GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE",
           "get", "BREW")
IDS = ("1", "2", "3", "0", "-1", "+1", "01", "0x1", "1.0", "1e3", "1%20", "%31",
       "9223372036854775807", "9223372036854775808", "9" * 300, "a", "..",
       "%2e%2e", "%00", "1%00", "1/", "1;x", "%ff", "%d9%a3", "x" * 300,
       "{id}", "1.json", "*")
NAMES = ("training", "training.csv", "validation.ndjson", "evaluation.json",
         "evaluation.exe", "a.b.c", ".", "..", ".json", "json", "%00",
         "training.%00", "%ff.csv", "x" * 200, "TRAINING.csv", "a b", "a%2fb",
         "../jobs", "safetensors", "npz", "-")
VALUES = ("", "0", "1", "-1", "a", "1e999", "nan", "inf", "-0", "1.5", "true",
          "9" * 30, "1e-400", "%", "%zz", "%ff", "%00", "%c0%af", "queued",
          "newest", quote("'; drop table jobs; --"), quote("💥" * 20),
          "x" * 3000, "%25", "_", "+", "[]", "a,b", "%0d%0aX:%20y")
NUMBERS = (0, -1, 1, 1.5, 1e308, -1e308, 5e-324, 2 ** 31, 2 ** 53, 2 ** 63,
           2 ** 64, 10 ** 400, True)
LEAVES = NUMBERS + (None, "", "x" * 5000, "\0", "\ud800", "💥", "a\nb", [], {},
                    [[]], [None] * 50, {"": 0}, {"type": "quadratic"},
                    "__proto__", "../../etc/passwd", "1")
HEADERS = (
    b"Idempotency-Key: ", b"Idempotency-Key: \xff", b"Idempotency-Key: a\tb",
    b"Idempotency-Key: " + b"k" * 5000, b"If-None-Match: *",
    b"If-None-Match: \"", b"If-None-Match: W/\"x\"," * 50, b"Range: bytes=0-",
    b"Accept: \xff\xfe", b"Accept-Encoding: gzip", b"Expect: 100-continue",
    b"Expect: nonsense", b"Upgrade: h2c", b"Connection: Upgrade, keep-alive",
    b"Authorization: Bearer " + b"a" * 64, b"Authorization: Basic Og==",
    b"Cookie: a=b; c", b"Cookie: " + b";" * 200, b"Origin: null",
    b"Sec-Fetch-Site: cross-site", b"X-HTTP-Method-Override: DELETE",
    b"X-Forwarded-Host: evil.example", b"Referer: \x80", b"TE: trailers",
    b"Content-Encoding: gzip", b"Transfer-Encoding: chunked",
    b"Date: " + b"9" * 900)
TYPES = (b"application/json", b"application/octet-stream", b"text/plain", b"",
         b"application/json; charset=utf-7", b"\xff", b"multipart/form-data")


def mutated(spec, dice):
    """The spec with some places of it made hostile."""
    spec = copy.deepcopy(spec)
    for _ in range(dice.randint(1, 3)):
        at = spec
        while True:
            keys = list(at) if isinstance(at, dict) else range(len(at))
            if not keys:
                break
            key = dice.choice(keys)
            if isinstance(at[key], (dict, list)) and dice.random() < .7:
                at = at[key]
                continue
            at[key] = copy.deepcopy(dice.choice(LEAVES))
            break
        if isinstance(at, dict) and dice.random() < .3:
            at[dice.choice(("x", "", "type", "\0", "a/b~"))] = \
                copy.deepcopy(dice.choice(LEAVES))
    return spec


def text_of(value):
    return json.dumps(value, ensure_ascii=False).encode(
        "utf-8", "surrogatepass")


def body_json(dice):
    text = text_of(mutated(tiny(), dice))
    if dice.random() < .6:
        return text
    return dice.choice((
        text[:dice.randrange(len(text))],
        text.replace(b"1", b"1" * 400, 1), text.replace(b'"', b"\xff", 1),
        text.replace(b"{", b'{"seed":1,"seed":2,', 1), text + b"\0",
        b"\0" + text, b"[" * 5000, b'{"a":' * 40 + b"1" + b"}" * 40,
        b"[" + b"1," * 30000 + b"1]", b"1e999", b"-", b'"\\ud800"', b"NaN",
        b"\xef\xbb\xbf" + text, b"{}", b"[]", b"null", b" " * 200000,
        text_of(dice.choice(LEAVES)),
        text_of({"name": dice.choice(LEAVES), "tags": dice.choice(LEAVES),
                 "priority": dice.choice(LEAVES)})))


def body_bytes(dice):
    """A safetensors file, or nearly."""
    head = dice.choice((b"{}", b"{", b"[" * 1000, body_json(dice),
                        b'{"a":{"dtype":"F64","shape":[1],'
                        b'"data_offsets":[0,8]}}',
                        b'{"a":{"dtype":"F64","shape":[9999999999,9999999999],'
                        b'"data_offsets":[0,18446744073709551615]}}'))
    size = dice.choice((len(head), 0, 2 ** 64 - 1, len(head) + 1, 2 ** 40))
    return size.to_bytes(8, "little") + head + bytes(
        dice.randrange(256) for _ in range(dice.choice((0, 8, 7, 100))))


class RouteFuzz(Case):
    @classmethod
    def setUpClass(cls):
        """The routes as (verb, path, parameters, type of body), and ids of what
        there is."""
        super().setUpClass()
        cls.routes = []
        for path, verbs in cls.d.json("openapi.json")["paths"].items():
            for verb, route in verbs.items():
                cls.routes.append((
                    verb.upper(), "/api/v1" + path,
                    [one["name"] for one in route.get("parameters", ())
                     if one["in"] == "query"] + ["x"],
                    *route.get("requestBody", {"content": [""]})["content"]))
        cls.routes += [("GET", path, ["x"], "") for path in (
            "/", "/style.css", "/metrics", "/nope", "/api/v1", "/api/v2/jobs")]
        # Bodies are what has most to hide.
        cls.routes += [one for one in cls.routes if one[3]] * 3
        cls.make_job()

    @classmethod
    def make_job(cls):
        job = cls.d.run(tiny())["id"]
        cls.ids = [str(job)] + [
            str(s["id"]) for s in cls.d.json("snapshots", job=job)["snapshots"]]

    def target(self, dice, path, parameters):
        real = dice.random() < .6
        path = path.replace("{id}", dice.choice(self.ids if real else IDS)
                            ).replace("{name}", dice.choice(NAMES)
                            ).replace("{format}", dice.choice(NAMES[-2:]
                                                              if real else NAMES))
        if dice.random() < .05:
            path += dice.choice(("/", "//", "/..", "?", "%2f", ";a=b", "%"))
        query = "&".join(
            dice.choice(parameters) + dice.choice(("=", "=", "=", ""))
            + dice.choice(VALUES) for _ in range(dice.choice((0, 0, 1, 2))))
        return (path + "?" * bool(query) + query).replace(" ", "%20")

    def request(self, dice):
        """The bytes of a request whose head is a head, the most of it right."""
        verb, path, parameters, kind = dice.choice(self.routes)
        wild = dice.random() < .2
        target = self.target(dice, path, parameters)
        method = dice.choice(METHODS) if wild else verb
        lines = [f"{method} {target} HTTP/1.1".encode(),
                 b"Host: 127.0.0.1:%d" % self.d.port, b"Connection: close"]
        body = b""
        if kind or (wild and dice.random() < .5):
            body = (body_bytes if kind.endswith("stream") else body_json)(dice)
            lines += [b"Content-Type: " + (dice.choice(TYPES) if wild
                                           else kind.encode()),
                      b"Content-Length: %d" % len(body)]
        if dice.random() < .2:
            lines += dice.sample(HEADERS, dice.randint(1, 3))
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    def check(self, sent, got):
        """What came back for it."""
        head, _, body = got.partition(b"\r\n\r\n")
        if head.startswith(b"HTTP/1.1 100"):
            head, _, body = body.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        self.assertNotEqual(status, 500, (sent[:600], got))
        if status >= 500:
            self.assertIn(status, (503, 507))
        if status in (429, 503):
            self.assertIn(b"retry-after:", head.lower())
        if status >= 400:
            self.assertIn(b"content-type: application/problem+json",
                          head.lower(), (sent[:600], got))
            if not sent.startswith(b"HEAD "):
                problem = json.loads(body)
                self.assertEqual(problem["status"], status)
                self.assertTrue(problem["code"] and problem["detail"])
        return status

    def test_every_route(self):
        seed = int(os.environ.get("L2LD_FUZZ_SEED", "1"))
        count = int(os.environ.get("L2LD_FUZZ_COUNT", "1500"))
        seen = {}
        for number in range(count):
            dice = random.Random(f"{seed} {number}")
            sent = self.request(dice)
            got = self.d.raw(sent, 30)
            self.assertTrue(got, f"no answer: seed {seed} {number}: "
                            f"{sent[:600]}")
            status = self.check(sent, got)
            seen[status] = seen.get(status, 0) + 1
            if status == 201:
                self.cancel_all()
            elif status == 204:
                self.make_job()
        self.assertGreater(seen.get(200, 0), 0, seen)
        self.assertGreater(len(seen), 6, seen)
        self.assertIsNone(self.d.process.poll())
        self.assertEqual(self.d.get("healthz").json(), {"status": "ok"})

    def cancel_all(self):
        """Some mutated specs are jobs that run for long."""
        for state in ("running", "queued"):
            for job in self.d.json("jobs", state=state)["jobs"]:
                self.d.act(job["id"], "cancel")
