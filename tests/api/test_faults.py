"""What is wrong with a request is said: where, why, and all of it at once."""

import json

from case import Case
from specs import endless, tiny

JSON = {"Content-Type": "application/json"}
BODY_MAX = 256 * 1024


def pointers(problem):
    return [(e["pointer"], e["code"]) for e in problem["errors"]]


class Faults(Case):
    def tearDown(self):
        super().tearDown()
        self.assertEqual(self.d.get("healthz").json(), {"status": "ok"})
        self.assertEqual(self.d.post("jobs?dry_run=1", json=tiny())
                         .status_code, 200)

    def ask_raw(self, target):
        """GET it as it stands: nothing is quoted or resolved before."""
        got = self.d.raw(b"GET %s HTTP/1.1\r\nHost: localhost:%d\r\n"
                         b"Connection: close\r\n\r\n"
                         % (target.encode(), self.d.port))
        head, body = got.split(b"\r\n\r\n", 1)
        return int(head.split(b" ")[1]), json.loads(body)

    # ---- specs ----

    def test_all_faults_at_once(self):
        spec = {
            "nme": "x", "seed": -1, "priority": 1.5,
            "tags": ["a", "a", "", 3],
            "problem": {"type": "quadratic", "variables": 0, "colour": "red"},
            "optimizer": {"type": "lstm", "layers": [0, 20, "x"],
                          "output_scal": 1, "preprocess": {"type": "log"}},
            "training": {"epochs": 1.5, "horizon": 10, "unroll": 20,
                         "meta_optimizer": {"learning_rate": "fast"}},
            "evaluation": [
                {"runs": 0, "learning_rates": [],
                 "baselines": ["adm", {"type": "lstm"}, 7]},
                {"problem": {"type": "simple", "variables": "three"}},
            ],
        }
        problem = self.assertProblem(self.d.post("jobs", json=spec), 422,
                                     "invalid_spec")
        self.assertEqual(sorted(pointers(problem)), sorted([
            ("/nme", "unknown_key"),
            ("/seed", "out_of_range"),
            ("/priority", "not_whole"),
            ("/tags/1", "duplicate"),
            ("/tags/2", "wrong_length"),
            ("/tags/3", "wrong_type"),
            ("/problem/variables", "out_of_range"),
            ("/problem/colour", "unknown_key"),
            ("/optimizer/layers/0", "out_of_range"),
            ("/optimizer/layers/2", "wrong_type"),
            ("/optimizer/output_scal", "unknown_key"),
            ("/optimizer/preprocess/type", "not_a_choice"),
            ("/training/epochs", "not_whole"),
            ("/training/unroll", "out_of_range"),
            ("/training/meta_optimizer/learning_rate", "wrong_type"),
            ("/evaluation/0/runs", "out_of_range"),
            ("/evaluation/0/learning_rates", "wrong_length"),
            ("/evaluation/0/baselines/0/type", "not_a_choice"),
            ("/evaluation/0/baselines/1", "missing"),
            ("/evaluation/0/baselines/2", "wrong_type"),
            ("/evaluation/1/problem/variables", "wrong_type"),
        ]))
        said = {e["pointer"]: e["detail"] for e in problem["errors"]}
        self.assertIn("'name'", said["/nme"])
        self.assertIn("'output_scale'", said["/optimizer/output_scal"])
        self.assertIn("'adam'", said["/evaluation/0/baselines/0/type"])

    def test_specs(self):
        """One fault each: its pointer and code."""
        data = {"type": "mlp", "dataset": "mnist"}
        for spec, pointer, code in (
            ({}, "/problem", "missing"),
            ([], "", "wrong_type"),
            ({"problem": {}}, "/problem/type", "missing"),
            ({"problem": "simple"}, "/problem", "wrong_type"),
            ({"problem": {"type": "quadratc"}}, "/problem/type",
             "not_a_choice"),
            ({"problem": data}, "/problem/dataset", "not_found"),
            ({"problem": dict(data, dataset="../../etc")}, "/problem/dataset",
             "unusable"),
            ({"problem": {"type": "quadratic", "variables": 2048,
                          "functions": 4096}}, "/problem/functions",
             "too_large"),
            (tiny(type="tune"), "/type", "not_a_choice"),
            (tiny(name="a\nb"), "/name", "bad_text"),
            (tiny(name="x" * 200), "/name", "too_long"),
            (tiny(notes="\u00e9" * 2001), "/notes", "too_long"),
            (tiny(seed=2 ** 53), "/seed", "out_of_range"),
            (tiny(seed=1e300), "/seed", "out_of_range"),
            (tiny(threads=-1), "/threads", "out_of_range"),
            (tiny(optimizer="adam"), "/optimizer", "unusable"),
            (tiny(optimizer=[]), "/optimizer", "wrong_length"),
            (tiny(optimizer=[{"group": "nope"}]), "/optimizer/0/group",
             "not_found"),
            (tiny(optimizer={"snapshot": 999999}), "/optimizer/snapshot",
             "not_found"),
            (tiny(optimizers=["adam"]), "/optimizers", "not_allowed"),
            (tiny(training=[]), "/training", "wrong_type"),
            (tiny(training={"meta_batch": 1e9}), "/training/meta_batch",
             "out_of_range"),
            (tiny(evaluation={}), "/evaluation", "wrong_type"),
            (tiny(evaluation=[{}] * 17), "/evaluation", "wrong_length"),
            (tiny(evaluation=[{"baselines": ["adam"] * 16}]),
             "/evaluation/0/baselines", "wrong_length"),
            ({"type": "evaluate", "problem": {"type": "simple"}},
             "/optimizers", "missing"),
            ({"type": "evaluate", "optimizers": ["adam"]}, "/problem",
             "missing"),
            (tiny(type="evaluate", optimizers=["adam"]), "/optimizer",
             "not_allowed"),
            (tiny(**{"a/b~c": 1}), "/a~1b~0c", "unknown_key"),
        ):
            with self.subTest(spec=spec):
                problem = self.assertProblem(self.d.post("jobs", json=spec),
                                             422, "invalid_spec")
                self.assertIn((pointer, code), pointers(problem))
        self.assertEqual(self.d.post("jobs", json=tiny(evaluation=[]))
                         .status_code, 201)

    def test_very_many_faults(self):
        """Past a limit they are counted."""
        spec = tiny(**{f"key{i}": i for i in range(500)})
        problem = self.assertProblem(self.d.post("jobs", json=spec), 422,
                                     "invalid_spec")
        self.assertIn("500", problem["detail"])
        self.assertLess(len(problem["errors"]), 500)

    # ---- bodies ----

    def test_not_json(self):
        deep = "[" * 40 + "]" * 40
        for body in ("", "{", "nonsense", '{"a": 1,}', '{"a": 1} x', deep,
                     '{"seed": 1, "seed": 2}', '{"name": "\ud800"}',
                     "[" + "1," * 20000 + "1]", '{"a": NaN}', "\x00", "{}\x00",
                     b"\xff\xfe{}", b'{"name": "\xc3("}',
                     '{"name": "\\u0000"}', "1e999", '"x"', "null"):
            with self.subTest(body=body[:40]):
                if isinstance(body, str):
                    body = body.encode("utf-8", "surrogatepass")
                problem = self.assertProblem(
                    self.d.post("jobs", data=body, headers=JSON), 400, "json")
                self.assertEqual(pointers(problem), [("", "json")])

    def test_media_type(self):
        body = json.dumps(tiny())
        for kind in ("text/plain", "application/x-www-form-urlencoded",
                     "multipart/form-data; boundary=x", "", "application/jso",
                     "application/json2", "application/json; charset=latin1",
                     "application/problem+json"):
            with self.subTest(kind=kind):
                self.assertProblem(
                    self.d.post("jobs", data=body,
                                headers={"Content-Type": kind}), 415,
                    "media_type")
        for kind in ("application/json", "Application/JSON",
                     "application/json; charset=utf-8",
                     "application/json;charset=UTF-8"):
            with self.subTest(kind=kind):
                self.assertEqual(
                    self.d.post("jobs?dry_run=1", data=body,
                                headers={"Content-Type": kind}).status_code,
                    200)
        self.assertProblem(self.d.post("snapshots", json={}), 415,
                           "media_type")

    def test_length(self):
        """Neither without a length nor past the limit."""
        for more in (b"\r\n", b"Transfer-Encoding: chunked\r\n\r\n"
                     b"2\r\n{}\r\n0\r\n\r\n"):
            got = self.d.raw(b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost"
                             b":%d\r\nContent-Type: application/json\r\n"
                             b"Connection: close\r\n" % self.d.port + more)
            self.assertIn(b"411", got.split(b"\r\n")[0])
            self.assertIn(b'"length_required"', got)
        for size in (BODY_MAX + 1, 900000, 3000000):
            self.assertProblem(
                self.d.post("jobs", data=b" " * size, headers=JSON), 413,
                "body_too_large")
        body = json.dumps(tiny()).encode()
        body += b" " * (BODY_MAX - len(body))
        self.assertEqual(self.d.post("jobs?dry_run=1", data=body,
                                     headers=JSON).status_code, 200)

    # ---- addresses ----

    def test_unknown_addresses(self):
        for path in ("/api", "/api/v1", "/api/v1/", "/api/v2/jobs",
                     "/api/v1/jobs/", "/api/v1/job", "/api/v1/jobs/0",
                     "/api/v1/jobs/-1", "/api/v1/jobs/01", "/api/v1/jobs/1x",
                     "/api/v1/jobs/99999999999999999999", "/nope.html",
                     "/index.htm", "/api/v1/jobs/1/curves/",
                     "/../etc/passwd", "/%2e%2e/etc/passwd",
                     "/..%2f..%2fetc/passwd", "/api/v1/%6aobs",
                     "/index.html%00.js", "//", "/./index.html",
                     "/api/v1/jobs/1/curves/" + "x" * 500):
            with self.subTest(path=path):
                status, problem = self.ask_raw(path)
                self.assertEqual((status, problem["code"]),
                                 (404, "not_found"))
        self.assertProblem(self.d.get("jobs/999999"), 404, "not_found")
        self.assertProblem(self.d.get("snapshots/999999.npz"), 404,
                           "not_found")

    def test_methods(self):
        number = self.d.run(tiny())["id"]
        for method, path, allowed in (
            ("PUT", "jobs", {"GET", "HEAD", "POST"}),
            ("DELETE", "jobs", {"GET", "HEAD", "POST"}),
            ("OPTIONS", "jobs", {"GET", "HEAD", "POST"}),
            ("POST", f"jobs/{number}", {"GET", "HEAD", "PATCH", "DELETE"}),
            ("GET", f"jobs/{number}/cancel", {"POST"}),
            ("HEAD", f"jobs/{number}/cancel", {"POST"}),
            ("POST", "/", {"GET", "HEAD"}),
            ("DELETE", "healthz", {"GET", "HEAD"}),
            ("FOO", "server", {"GET", "HEAD"}),
            ("POST", f"jobs/{number}/curves/training.csv", {"GET", "HEAD"}),
        ):
            with self.subTest(method=method, path=path):
                answer = self.d.ask(method, path)
                self.assertEqual(answer.status_code, 405)
                self.assertEqual(set(answer.headers["Allow"].split(", ")),
                                 allowed)
                if method != "HEAD":
                    self.assertProblem(answer, 405, "method_not_allowed")

    def test_formats(self):
        number = self.d.run(tiny())["id"]
        best = self.d.snapshots(number)["best"]["id"]
        for path in (f"jobs/{number}/curves/training.xlsx",
                     f"jobs/{number}/curves/training.",
                     f"snapshots/{best}.pt", f"snapshots/{best}.pickle"):
            self.assertProblem(self.d.get(path), 406, "unknown_format")
        problem = self.assertProblem(
            self.d.get(f"jobs/{number}/curves/nope.csv"), 404, "no_curve")
        self.assertIn("training, validation, evaluation", problem["detail"])
        number = self.d.submit(endless())
        self.assertProblem(self.d.get(f"jobs/{number}/table"), 404,
                           "no_table")
        self.d.act(number, "cancel")

    def test_queries(self):
        number = self.d.run(tiny())["id"]
        training = f"jobs/{number}/curves/training.json"
        for path, code in (
            ("jobs?stat=queued", "bad_parameter"),
            ("jobs?state=asleep", "bad_parameter"),
            ("jobs?limit=0", "bad_parameter"),
            ("jobs?limit=501", "bad_parameter"),
            ("jobs?limit=1.5", "bad_parameter"),
            ("jobs?limit=ten", "bad_parameter"),
            ("jobs?limit=0x10", "bad_parameter"),
            ("jobs?sort=best", "bad_parameter"),
            ("jobs?cursor=abc", "bad_parameter"),
            ("jobs?cursor=-1", "bad_parameter"),
            ("jobs?cursor=99999999999999999999", "bad_parameter"),
            ("jobs?tag=a&tag=b", "bad_query"),
            ("jobs?q=%", "bad_query"),
            ("jobs?q=%zz", "bad_query"),
            ("jobs?q=%00", "bad_query"),
            ("jobs?q=%ff", "bad_query"),
            ("jobs?=x", "bad_query"),
            ("jobs?q=" + "x" * 200, "bad_parameter"),
            (training + "?after=-1", "bad_parameter"),
            (training + "?after=inf", "bad_parameter"),
            (training + "?wait=31", "bad_parameter"),
            (training + "?wait=nan", "bad_parameter"),
            (training + "?max_points=-5", "bad_parameter"),
            (training + "?format=csv", "bad_parameter"),
            (f"jobs/{number}?verbose=1", "bad_parameter"),
            ("snapshots?job=x", "bad_parameter"),
            ("server?x", "bad_parameter"),
        ):
            with self.subTest(path=path):
                status, problem = self.ask_raw("/api/v1/" + path)
                self.assertEqual((status, problem["code"]), (400, code))
        self.assertProblem(self.d.post("jobs?dry_run=2", json=tiny()), 400,
                           "bad_parameter")
        self.assertProblem(self.d.post("jobs?dryrun=1", json=tiny()), 400,
                           "bad_parameter")
        # Left empty is left out, and a stray & is nothing.
        self.assertEqual(self.d.get("jobs?state=&&limit=1&").status_code, 200)
