"""What the server says of itself: catalogue, description, health, page."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from case import Case
from daemon import SLOW, Daemon

PAGE_TYPES = {"": "text/html", ".js": "text/javascript", ".css": "text/css",
              ".svg": "image/svg+xml", ".txt": "text/plain"}
ROUTES = {
    "/jobs": {"get", "post"},
    "/jobs/{id}": {"get", "patch", "delete"},
    "/jobs/{id}/cancel": {"post"}, "/jobs/{id}/pause": {"post"},
    "/jobs/{id}/resume": {"post"}, "/jobs/{id}/retry": {"post"},
    "/jobs/{id}/duplicate": {"post"},
    "/jobs/{id}/curves": {"get"}, "/jobs/{id}/curves/{name}": {"get"},
    "/jobs/{id}/table": {"get"}, "/jobs/{id}/log": {"get"},
    "/snapshots": {"get", "post"}, "/snapshots/{id}": {"get", "delete"},
    "/snapshots/{id}.{format}": {"get"},
    "/problems": {"get"}, "/optimizers": {"get"}, "/datasets": {"get"},
    "/presets": {"get"}, "/server": {"get"}, "/backup": {"post"},
    "/openapi.json": {"get"},
    "/healthz": {"get"}, "/readyz": {"get"}, "/metrics": {"get"},
}


ROOT = Path(os.environ.get("srcdir", Path(__file__).parents[2])).absolute()


def document():
    return (ROOT / "doc" / "API.md").read_text()


def number(value):
    return json.dumps(value).replace("e+", "e").replace("e-0", "e-")


def values(schema):
    """What a value may be, in a few words."""
    if "enum" in schema:
        return ", ".join(schema["enum"])
    if schema["type"] == "array":
        return f"{schema['minItems']} to {schema['maxItems']} times " + \
            values(schema["items"])
    if schema["type"] == "string":
        long = schema["maxLength"]
        return "text" if long == 127 else f"text, at most {long} bytes"
    return f"{schema['type']}, {number(schema['minimum'])} to " + \
        number(schema["maximum"])


def rows(properties, before=""):
    """The lines of a table in doc/API.md that describe these options."""
    for name, schema in properties.items():
        if schema.get("type") == "object":
            yield from rows(schema["properties"], f"{before}{name}.")
        elif "default" in schema and "description" in schema:
            yield (f"| `{before}{name}` | {values(schema)} | "
                   f"{number(schema['default'])} | {schema['description']} |")


def tables(schema):
    """(title, lines) of all the options of a job, from its schema."""
    yield "job", rows(schema["properties"] | {"training": {}})
    for kind in ("problem", "part"):
        for one in schema["$defs"][kind]["anyOf"]:
            if "properties" in one:
                yield one["properties"]["type"], rows(one["properties"])
    yield "training", rows(schema["properties"]["training"]["properties"])
    yield "evaluation", rows(schema["$defs"]["evaluation"]["properties"])


class Catalogue(Case):
    def test_problems_and_optimizers(self):
        problems = self.d.json("problems")["problems"]
        self.assertLessEqual({"simple", "quadratic", "mlp"},
                             {p["name"] for p in problems})
        optimizers = self.d.json("optimizers")["optimizers"]
        self.assertLessEqual({"lstm", "sgd", "momentum", "nesterov", "rmsprop",
                              "adam", "adamw", "adagrad"},
                             {o["name"] for o in optimizers})
        self.assertEqual([o["name"] for o in optimizers if o["learned"]],
                         ["lstm"])
        self.assertIn("nag", {o["alias"] for o in optimizers})

        def check(params, where):
            for p in params:
                here = f"{where} {p['name']}"
                self.assertTrue(p["text"].endswith("."), here)
                if "members" in p:
                    check(p["members"], here)
                    continue
                self.assertIn("default", p, here)
                if p["kind"] in ("integer", "number"):
                    self.assertLessEqual(p["min"], p["default"], here)
                    self.assertLessEqual(p["default"], p["max"], here)
                if "choices" in p:
                    self.assertIn(p["default"], p["choices"], here)

        for one in problems + optimizers:
            self.assertTrue(one["text"].endswith("."))
            check(one["params"], one["name"])

    def test_defaults_are_what_a_spec_gets(self):
        optimizers = self.d.json("optimizers")["optimizers"]
        crafted = [o["name"] for o in optimizers if not o["learned"]]
        plan = self.d.post("jobs?dry_run=1", json={
            "problem": {"type": "quadratic"},
            "evaluation": [{"baselines": crafted}]}).json()["spec"]
        for name, told in (("problem", self.d.json("problems")["problems"][1]),
                           ("optimizer", optimizers[-1])):
            self.assertEqual(plan[name]["type"], told["name"])
            for p in told["params"]:
                if "members" in p:
                    for m in p["members"]:
                        self.assertEqual(plan[name][p["name"]][m["name"]],
                                         m["default"])
                else:
                    self.assertEqual(plan[name][p["name"]], p["default"])
        for rule in plan["evaluation"][0]["baselines"]:
            self.assertNotIn("learning_rate", rule)

    def test_datasets(self):
        sets = {s["name"]: s for s in self.d.json("datasets")["datasets"]}
        synthetic = sets["synthetic-digits"]
        self.assertTrue(synthetic["available"])
        self.assertEqual((synthetic["inputs"], synthetic["classes"]),
                         (784, 10))
        for name in ("mnist", "digits8x8"):
            self.assertFalse(sets[name]["available"])

    def test_presets(self):
        """Each is a job; what it lacks here is said with the remedy."""
        sets = {s["name"]: s["available"]
                for s in self.d.json("datasets")["datasets"]}
        presets = {p["name"]: p for p in self.d.json("presets")["presets"]}
        self.assertLessEqual({"default", "simple", "quadratic", "mnist",
                              "synthetic-digits", "digits8x8"}, set(presets))
        for name, preset in presets.items():
            self.assertEqual(preset["text"], preset["spec"]["notes"])
            answer = self.d.post("jobs?dry_run=1", json=preset["spec"])
            need = preset["spec"]["problem"].get("dataset")
            if need is None or sets[need]:
                self.assertEqual(answer.status_code, 200, (name, answer.text))
                continue
            self.assertEqual(answer.status_code, 422, name)
            error = answer.json()["errors"][0]
            self.assertEqual((error["pointer"], error["code"]),
                             ("/problem/dataset", "not_found"))
            self.assertIn(str(self.d.data / need), error["detail"])
            self.assertIn("get-datasets", error["detail"])

    def test_server(self):
        server = self.d.json("server")
        self.assertEqual((server["version"], server["workers"]),
                         (self.d.version, 2))
        self.assertEqual(server["database"]["path"],
                         str(self.d.state / "l2ld.sqlite"))
        self.assertGreater(server["database"]["size"], 0)
        self.assertEqual(set(server["queue"]), {"queued", "running"})
        self.assertEqual(server["data_folder"], str(self.d.data))
        for name in ("build", "cpu", "blas", "disk"):
            self.assertTrue(server[name], name)
        self.assertGreaterEqual(server["uptime_seconds"], 0)

    # ---- for programs ----

    def test_openapi(self):
        api = self.d.json("openapi.json")
        self.assertEqual(api["openapi"][:3], "3.1")
        self.assertEqual(api["info"]["version"], self.d.version)
        self.assertEqual(
            {path: {m for m in item} for path, item in api["paths"].items()},
            ROUTES)
        self.assertEqual(self.d.json("/openapi.json"), api)
        names = [op["operationId"] for item in api["paths"].values()
                 for op in item.values()]
        self.assertEqual(len(names), len(set(names)))
        for path, item in api["paths"].items():
            for method, op in item.items():
                where = f"{method} {path}"
                self.assertTrue(op["summary"].endswith("."), where)
                self.assertIn("default", op["responses"], where)
                self.assertEqual(
                    {p["name"] for p in op["parameters"] if p["in"] == "path"},
                    set(re.findall(r"\{(\w+)\}", path)), where)
        self.check_references(api, api)

    def check_references(self, value, root):
        """Each leads somewhere: within the document, or within the schema
        with an $id of its own that it stands in."""
        if isinstance(value, list):
            for one in value:
                self.check_references(one, root)
        if not isinstance(value, dict):
            return
        root = value if "$id" in value else root
        for name, one in value.items():
            if name != "$ref":
                self.check_references(one, root)
                continue
            at = root
            for part in one.removeprefix("#/").split("/"):
                self.assertTrue(part in at, one)
                at = at[part]

    def test_document_names_everything(self):
        """doc/API.md has every address, every parameter of a query, every
        member of an answer, every option of a job with bounds and default."""
        text = document()
        api = self.d.json("openapi.json")
        for path, item in api["paths"].items():
            self.assertIn(f"`{path}`", text)
            for method, op in item.items():
                self.assertIn(f"| {method.upper()} `{path}` |", text)
                for p in op["parameters"]:
                    self.assertIn(f"`{p['name']}", text, path)
        schemas = api["components"]["schemas"]
        for kind in ("Problem", "Job", "Curve", "Table", "Log", "Snapshot",
                     "Server"):
            self.check_named(schemas[kind], text)
        for title, lines in tables(schemas["JobSpec"]):
            for line in lines:
                self.assertIn(line + "\n", text, title)

    def check_named(self, schema, text):
        for name, member in schema.get("properties", {}).items():
            self.assertIn(f"`{name}`", text)
            self.check_named(member, text)
            self.check_named(member.get("items", {}), text)

    def test_examples_of_the_document(self):
        """Each block of doc/API.md that is marked sh or python works, one
        after the other, on a daemon that has done nothing yet."""
        if shutil.which("curl") is None:
            self.skipTest("curl is missing (Debian package: curl)")
        d = Daemon()
        self.addCleanup(d.close)
        folder = d.folder / "examples"
        folder.mkdir()
        (folder / "etc").symlink_to(ROOT / "etc")
        blocks = re.findall(r"^```(sh|python)\n(.*?)^```$", document(),
                            re.M | re.S)
        self.assertGreater(len(blocks), 10)
        for language, text in blocks:
            text = text.replace("http://127.0.0.1:8642", d.base)
            if language == "sh":
                command = ["sh", "-euc", f"B={d.base}/api/v1\n"
                           "curl() { command curl -sS --fail-with-body "
                           "--noproxy '*' \"$@\"; }\n" + text]
            else:
                command = [sys.executable, "-c", text]
            done = subprocess.run(command, cwd=folder, capture_output=True,
                                  text=True, timeout=60 * SLOW,
                                  env=dict(os.environ, no_proxy="*"))
            self.assertEqual(done.returncode, 0,
                             f"{text}\n{done.stdout}\n{done.stderr}")

    def test_health(self):
        for prefix in ("/api/v1/", "/"):
            self.assertEqual(self.d.json(prefix + "healthz"),
                             {"status": "ok"})
            self.assertEqual(self.d.json(prefix + "readyz"),
                             {"status": "ready"})
            answer = self.d.get(prefix + "metrics")
            self.assertEqual(answer.headers["Content-Type"],
                             "text/plain; version=0.0.4; charset=utf-8")
            self.check_metrics(answer.text)

    def check_metrics(self, text):
        """Prometheus' text format, 0.0.4."""
        kinds, values = {}, {}
        self.assertTrue(text.endswith("\n"))
        for line in text.splitlines():
            found = re.fullmatch(r"# (HELP|TYPE) (\w+) (.+)", line)
            if found:
                if found[1] == "TYPE":
                    self.assertIn(found[3], ("gauge", "counter"))
                    kinds[found[2]] = found[3]
                continue
            found = re.fullmatch(r'(\w+)(\{\w+="[^"]*"(?:,\w+="[^"]*")*\})? '
                                 r"(\S+)", line)
            self.assertIsNotNone(found, line)
            self.assertIn(found[1], kinds)
            self.assertNotIn((found[1], found[2]), values)
            values[found[1], found[2]] = float(found[3])
        self.assertEqual(values["l2ld_workers", None], 2)
        self.assertEqual(
            values["l2ld_build_info", f'{{version="{self.d.version}"}}'], 1)
        self.assertGreater(
            values["l2ld_http_responses_total", '{code="2xx"}'], 0)
        for name, kind in kinds.items():
            self.assertEqual(name.endswith("_total"), kind == "counter", name)

    # ---- for people ----

    def test_page(self):
        page = self.d.get("/")
        self.assertEqual(page.status_code, 200)
        self.assertEqual(self.d.get("/index.html").content, page.content)
        files = set(re.findall(r'(?:src|href)="([^"#]+)"', page.text))
        files = {f for f in files if not f.startswith(("data:", "/api/"))}
        self.assertTrue(any(f.endswith(".js") for f in files), files)
        seen, todo = {"/": page}, {f.removeprefix("./").lstrip("/")
                                   for f in files}
        while todo:
            name = todo.pop()
            answer = seen["/" + name] = self.d.get("/" + name)
            self.assertEqual(answer.status_code, 200, name)
            if name.endswith(".js"):
                found = re.findall(r"(?:from|import) ['\"]\./([\w.-]+)['\"]",
                                   answer.text)
                todo |= {f for f in found if "/" + f not in seen}
        self.assertGreater(len(seen), 5, "the page's modules were not found")
        for path, answer in seen.items():
            self.check_file(path, answer)

    def check_file(self, path, answer):
        kind = PAGE_TYPES[Path(path).suffix]
        self.assertEqual(answer.headers["Content-Type"].split(";")[0], kind,
                         path)
        policy = answer.headers["Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
        # Nothing is fetched from elsewhere; a namespace is no address, and
        # the chart library's comments name its authors' pages.
        if "dygraph" not in path:
            others = [u for u in re.findall(r"\b(?:https?|wss?)://[^\s'\"`<]+",
                                            answer.text)
                      if not u.startswith("http://www.w3.org/")]
            self.assertEqual(others, [], path)
        if path == "/":
            self.assertNotRegex(answer.text, r"<script(?![^>]*src=)[^>]*>")
            self.assertNotRegex(answer.text, r"\son\w+=|style=|javascript:")
        tag = answer.headers["ETag"]
        again = self.d.get(path, headers={"If-None-Match": tag})
        self.assertEqual((again.status_code, again.content), (304, b""))
        self.assertEqual(self.d.get(path, headers={
            "If-None-Match": '"other"'}).status_code, 200)
