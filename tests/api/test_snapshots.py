"""Snapshots: what leaves is whole, and only what is whole comes back in."""

import hashlib
import io
import json
import struct

import numpy as np

import safetensors
from case import Case
from specs import tiny

BYTES = {"Content-Type": "application/octet-stream"}
OPTIONS = {"layers": [3, 5], "preprocess": {"type": "log_sign", "p": 5},
           "output_scale": 0.25}


def digest(tensors):
    """Of the weights as they count: bias_hh is always zero and left out."""
    data = b"".join(t.astype("<f4").tobytes() for name, t in tensors.items()
                    if not name.endswith("bias_hh"))
    return hashlib.sha256(data).hexdigest()


class Snapshots(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.job = cls.d.run(tiny(
            name="weights", seed=11, optimizer=OPTIONS,
            problem={"type": "quadratic", "variables": 3},
            training={"epochs": 25, "horizon": 10, "unroll": 5,
                      "validate_every": 5, "validation_runs": 2,
                      "snapshot_every": 10}))["id"]
        cls.best = cls.d.snapshots(cls.job)["best"]
        cls.file = cls.download(cls.best["id"], "safetensors")

    @classmethod
    def download(cls, number, suffix):
        answer = cls.d.get(f"snapshots/{number}.{suffix}")
        assert answer.status_code == 200, answer.text
        return answer.content

    def put(self, data, status=201, **headers):
        answer = self.d.post("snapshots", data=data,
                             headers=dict(BYTES, **headers))
        self.assertEqual(answer.status_code, status, answer.text)
        return answer

    # ---- lists ----

    def test_list(self):
        found = self.d.json("snapshots", job=self.job)["snapshots"]
        self.assertEqual(sorted((s["kind"], s["epoch"]) for s in found
                                if s["kind"] != "best"),
                         [("last", 25), ("periodic", 10), ("periodic", 20)])
        numbers = [s["id"] for s in found]
        self.assertEqual(numbers, sorted(numbers, reverse=True))
        pages, cursor = [], ""
        while cursor is not None:
            page = self.d.json("snapshots", job=self.job, limit=3,
                               cursor=cursor)
            pages += page["snapshots"]
            cursor = page["next_cursor"]
        self.assertEqual(pages, found)
        for one in found:
            self.assertEqual(self.d.json(one["links"]["self"]), one)
            self.assertEqual(one["job"], self.job)
            self.assertEqual(one["links"]["job"], f"/api/v1/jobs/{self.job}")
            self.assertEqual(one["size"], 4 * one["weights"])
        curve = self.d.curve(self.job, "validation")["rows"]
        epoch, loss = min(((row[0], row[1]) for row in curve),
                          key=lambda pair: pair[1])
        self.assertEqual((self.best["epoch"], self.best["validation_loss"]),
                         (epoch, loss))

    # ---- the three files ----

    def test_files_agree(self):
        metadata, tensors = safetensors.load(self.file)
        shapes = {name: t.shape for name, t in tensors.items()}
        self.assertEqual(shapes, {
            "lstm.0.weight_ih": (12, 2), "lstm.0.weight_hh": (12, 3),
            "lstm.0.bias_ih": (12,), "lstm.0.bias_hh": (12,),
            "lstm.1.weight_ih": (20, 3), "lstm.1.weight_hh": (20, 5),
            "lstm.1.bias_ih": (20,), "lstm.1.bias_hh": (20,),
            "output.weight": (1, 5), "output.bias": (1,)})
        self.assertFalse(tensors["lstm.0.bias_hh"].any())
        npz = np.load(io.BytesIO(self.download(self.best["id"], "npz")),
                      allow_pickle=False)
        text = json.loads(self.download(self.best["id"], "json"))
        self.assertEqual(set(npz.files), set(tensors) | {"metadata"})
        self.assertEqual(set(text["tensors"]), set(tensors))
        for name, values in tensors.items():
            self.assertEqual(npz[name].dtype, np.float32)
            np.testing.assert_array_equal(npz[name], values)
            other = text["tensors"][name]
            np.testing.assert_array_equal(
                np.array(other["data"], "f4").reshape(other["shape"]), values)
        self.assertEqual(json.loads(npz["metadata"].item()), text["metadata"])
        # In safetensors a value is a string, and null is left out.
        self.assertEqual(
            {name: value if isinstance(value, str) else json.loads(other)
             for (name, value), other in
             ((item, metadata[item[0]]) for item in text["metadata"].items()
              if item[1] is not None)},
            {name: value for name, value in text["metadata"].items()
             if value is not None})

    def test_metadata(self):
        metadata = json.loads(self.download(self.best["id"],
                                            "json"))["metadata"]
        self.assertEqual(
            {name: metadata[name] for name in
             ("format", "optimizer", "job", "kind", "epoch", "sha256",
              "validation_loss", "name", "seed")},
            {"format": 1, "optimizer": "lstm", "job": self.job,
             "kind": "best", "epoch": self.best["epoch"],
             "sha256": self.best["sha256"], "name": "weights", "seed": 11,
             "validation_loss": self.best["validation_loss"]})
        self.assertEqual(metadata["problem"]["variables"], 3)
        for name in ("layers", "output_scale"):
            self.assertEqual(metadata["options"][name], OPTIONS[name])
        self.assertEqual(metadata["options"]["preprocess"]["p"], 5)

    def test_digest(self):
        for one in self.d.json("snapshots", job=self.job)["snapshots"]:
            data = self.download(one["id"], "safetensors")
            self.assertEqual(digest(safetensors.load(data)[1]), one["sha256"])

    def test_headers(self):
        for suffix, kind in (("safetensors", "application/octet-stream"),
                             ("npz", "application/zip"),
                             ("json", "application/json")):
            path = f"snapshots/{self.best['id']}.{suffix}"
            answer = self.d.get(path)
            self.assertEqual(answer.headers["Content-Type"].split(";")[0],
                             kind)
            self.assertEqual(answer.headers["Content-Disposition"],
                             "attachment; filename=\"snapshot-"
                             f"{self.best['id']}.{suffix}\"")
            tag = answer.headers["ETag"]
            self.assertEqual(tag, f'"{self.best["sha256"]}"')
            again = self.d.get(path, headers={"If-None-Match": tag})
            self.assertEqual((again.status_code, again.content), (304, b""))
            # Equal content, equal bytes.
            self.assertEqual(self.d.get(path).content, answer.content)

    # ---- back in ----

    def test_import(self):
        answer = self.put(self.file)
        one = answer.json()
        self.assertEqual(answer.headers["Location"],
                         f"/api/v1/snapshots/{one['id']}")
        self.assertEqual((one["kind"], one["job"], one["sha256"]),
                         ("imported", None, self.best["sha256"]))
        self.assertEqual((one["epoch"], one["validation_loss"]),
                         (self.best["epoch"], self.best["validation_loss"]))
        self.assertEqual(one["metadata"]["options"]["layers"], [3, 5])
        again = self.download(one["id"], "safetensors")
        for name, values in safetensors.load(self.file)[1].items():
            np.testing.assert_array_equal(safetensors.load(again)[1][name],
                                          values)
        # It evaluates to the same numbers, and is a start for training.
        rows = []
        for number in (self.best["id"], one["id"]):
            job = self.d.run({
                "type": "evaluate", "problem": {"type": "quadratic"},
                "optimizers": [{"snapshot": number, "name": "it"}],
                "evaluation": [{"horizon": 20, "runs": 5}]})
            rows.append(self.d.curve(job["id"], "evaluation")["rows"])
        self.assertEqual(rows[0], rows[1])
        job = self.d.run(tiny(optimizer={"snapshot": one["id"]}))
        self.assertEqual(job["spec"]["optimizer"]["layers"], [3, 5])
        # A snapshot in use elsewhere can go; nothing else goes with it.
        self.assertEqual(self.d.ask("DELETE", f"snapshots/{one['id']}")
                         .status_code, 204)
        for method in ("GET", "DELETE"):
            self.assertEqual(self.d.ask(method, f"snapshots/{one['id']}")
                             .status_code, 404)
        self.assertEqual(self.d.job(job["id"])["state"], "succeeded")

    def test_import_of_another_program(self):
        """As PyTorch users write it: no bias_hh, options as strings."""
        random = np.random.default_rng(1)
        tensors = {name: random.normal(size=t.shape).astype("f4")
                   for name, t in safetensors.load(self.file)[1].items()
                   if not name.endswith("bias_hh")}
        one = self.put(safetensors.save(
            {"format": "pt", "optimizer": "lstm", "layers": "[3, 5]",
             "preprocess": "log_sign", "p": "5", "output_scale": "0.25",
             "note": "mine"}, tensors)).json()
        self.assertEqual(one["sha256"], digest(tensors))
        options = one["metadata"]["options"]
        self.assertEqual((options["preprocess"]["p"],
                          options["output_scale"]), (5, 0.25))
        self.assertIn("mine", json.dumps(one["metadata"]))

    def test_refused(self):
        metadata, tensors = safetensors.load(self.file)

        def changed(**more):
            return safetensors.save(dict(metadata, **more), tensors)

        def with_tensor(name, values):
            return safetensors.save(metadata, dict(tensors, **{name: values}))

        def with_header(header, body=b""):
            text = header if isinstance(header, bytes) \
                else json.dumps(header).encode()
            text += b" " * (-len(text) % 8)
            return struct.pack("<Q", len(text)) + text + body

        def with_entry(**entry):
            base = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
            return with_header({"__metadata__": metadata,
                                "output.bias": dict(base, **entry)}, b"\0" * 4)

        weight = tensors["output.weight"]
        bad = weight.copy()
        bad[0, 0] = np.nan
        for what, data in (
            ("nothing but zeros", b"\0" * 100),
            ("a pickle", b"\x80\x04\x95" + b"cos\nsystem\n(S'id'\ntR." * 9),
            ("a zip", self.download(self.best["id"], "npz")),
            ("text", b"these are no weights at all"),
            ("short", self.file[:5]),
            ("cut in the header", self.file[:200]),
            ("cut at the end", self.file[:-1]),
            ("longer", self.file + b"\0\0\0\0"),
            ("a long header", struct.pack("<Q", 2 ** 63) + self.file[8:]),
            ("no JSON", with_header(b"{nonsense")),
            ("a list", with_header(b"[1]")),
            ("deep", with_header(b'{"a":' * 200 + b"1" + b"}" * 200)),
            ("a key twice", with_header(b'{"__metadata__":{},'
                                        b'"__metadata__":{}}')),
            ("no metadata", with_header({"output.bias": {
                "dtype": "F32", "shape": [1], "data_offsets": [0, 4]}},
                b"\0" * 4)),
            ("metadata that is no text", with_header({
                "__metadata__": {"format": 1}})),
            ("no tensors", with_header({"__metadata__": metadata})),
            ("F16", with_entry(dtype="F16", shape=[2])),
            ("negative offsets", with_entry(data_offsets=[-4, 0])),
            ("offsets the wrong way", with_entry(data_offsets=[4, 0])),
            ("a hole", with_entry(data_offsets=[4, 8])),
            ("a huge shape", with_entry(shape=[2 ** 62, 4])),
            ("fractions", with_entry(shape=[1.0])),
            ("another member", with_entry(code="import os")),
            ("a shape of its own", with_tensor("output.weight", weight.T)),
            ("not a number", with_tensor("output.weight", bad)),
            ("infinity", with_tensor("output.bias", np.array([np.inf]))),
            ("a second bias", with_tensor("lstm.0.bias_hh",
                                          np.ones(12, "f4"))),
            ("one too many", with_tensor("more", weight)),
            ("one too few", safetensors.save(metadata, {
                k: v for k, v in tensors.items() if k != "output.bias"})),
            ("another optimizer", changed(optimizer="adam")),
            ("no such optimizer", changed(optimizer="../lstm")),
            ("newer", changed(format="2")),
            ("other layers", changed(options=json.dumps(
                dict(OPTIONS, layers=[3, 6])))),
            ("huge layers", changed(options=json.dumps(
                dict(OPTIONS, layers=[256] * 4)))),
            ("bad options", changed(options=json.dumps(
                dict(OPTIONS, output_scale="big")))),
            ("options of its own", changed(options='{"hidden": 3}')),
            ("no options", safetensors.save({"optimizer": "lstm"}, tensors)),
        ):
            with self.subTest(what=what):
                answer = self.put(data, 422)
                problem = answer.json()
                self.assertEqual(problem["code"], "format")
                # A sentence: what was not right.
                self.assertRegex(problem["detail"],
                                 r"^The file was not imported: .{10,}\.$")
        self.assertEqual(self.d.get("healthz").status_code, 200)
        self.put(self.file)

    def test_requests(self):
        for kind in ("application/json", "text/plain", ""):
            answer = self.d.post("snapshots", data=self.file,
                                 headers={"Content-Type": kind})
            self.assertEqual((answer.status_code, answer.json()["code"]),
                             (415, "media_type"))
        answer = self.d.post("snapshots?x=1", data=self.file, headers=BYTES)
        self.assertEqual(answer.status_code, 400)
        got = self.d.raw(
            b"POST /api/v1/snapshots HTTP/1.1\r\nHost: localhost:%d\r\n"
            b"Content-Type: application/octet-stream\r\n"
            b"Content-Length: 1000000000\r\n\r\n" % self.d.port, 3)
        self.assertIn(b" 413 ", got.split(b"\r\n")[0])
