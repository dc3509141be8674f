#!/usr/bin/python3
"""Read what write_formats wrote, with other readers than the program's own.

safetensors: a reader of its own, here; npz: numpy.load; JSON: json.  The three
files must hold the same tensors, and each must keep its format's rules.
"""
import json
import os
import struct
import subprocess
import sys
import tempfile
import zipfile

try:
    import numpy as np
except ImportError:
    print("skipped: numpy is missing (Debian package: python3-numpy)")
    sys.exit(77)

WRITER = sys.argv[1] if len(sys.argv) > 1 else "tests/job/write_formats"


def check(condition, what):
    if not condition:
        sys.exit("check_formats: " + what)


def unique(pairs):
    keys = [key for key, _ in pairs]
    check(len(keys) == len(set(keys)), "a key stands twice")
    return dict(pairs)


def read_safetensors(data):
    (length,) = struct.unpack("<Q", data[:8])
    check(length % 8 == 0, "the header's length is no multiple of 8")
    check(length <= 100_000_000, "the header is too long")
    text = data[8:8 + length]
    check(text[:1] == b"{", "the header does not begin with {")
    check(b"\0" not in text, "there is a NUL in the header")
    header = json.loads(text.decode("utf-8"), object_pairs_hook=unique)
    metadata = header.pop("__metadata__")
    check(all(type(v) is str for v in metadata.values()),
          "metadata that is no string")
    tensors, end = {}, 0
    for name, entry in header.items():
        check(sorted(entry) == ["data_offsets", "dtype", "shape"],
              "an entry of other members")
        check(entry["dtype"] == "F32", "a dtype that is not F32")
        begin, stop = entry["data_offsets"]
        check(begin == end, "a hole or an overlap before " + name)
        end = stop
        count = (stop - begin) // 4
        check(count == np.prod(entry["shape"]), "shape and bytes of " + name)
        at = 8 + length + begin
        check(at % 4 == 0, "alignment of " + name)
        values = struct.unpack("<%df" % count, data[at:at + 4 * count])
        tensors[name] = np.array(values, "<f4").reshape(entry["shape"])
    check(8 + length + end == len(data), "the file's size")
    return tensors, metadata


def read_npz(path):
    with zipfile.ZipFile(path) as archive:
        check(archive.testzip() is None, "a member's CRC")
        for info in archive.infolist():
            check(info.compress_type == zipfile.ZIP_STORED, "compression")
            check(info.date_time == (1980, 1, 1, 0, 0, 0), "the date")
            data = archive.read(info)
            check(data[:8] == b"\x93NUMPY\x01\x00", "npy's magic")
            (length,) = struct.unpack("<H", data[8:10])
            check((10 + length) % 64 == 0, "alignment of " + info.filename)
            check(data[9 + length:10 + length] == b"\n", "the header's end")
    with np.load(path, allow_pickle=False) as archive:
        tensors = {name: archive[name] for name in archive.files}
    metadata = json.loads(tensors.pop("metadata").item())
    for name, values in tensors.items():
        check(values.dtype == np.dtype("<f4"), "dtype of " + name)
        check(values.flags["C_CONTIGUOUS"], "order of " + name)
    return tensors, metadata


def read_json(path):
    with open(path, encoding="utf-8") as file:
        content = json.load(file, object_pairs_hook=unique)
    tensors = {name: np.array(t["data"], "<f8").astype("<f4").reshape(t["shape"])
               for name, t in content["tensors"].items()}
    return tensors, content["metadata"]


def same(a, b, where):
    check(list(a) == list(b), "names in " + where)
    for name in a:
        check(a[name].shape == b[name].shape, "shape of %s in %s" % (name, where))
        check(a[name].tobytes() == b[name].tobytes(),
              "values of %s in %s" % (name, where))


def check_contents(tensors, metadata):
    sizes = {"lstm.0.weight_ih": (80, 2), "lstm.0.weight_hh": (80, 20),
             "lstm.0.bias_ih": (80,), "lstm.0.bias_hh": (80,),
             "lstm.1.weight_ih": (28, 20), "lstm.1.weight_hh": (28, 7),
             "lstm.1.bias_ih": (28,), "lstm.1.bias_hh": (28,),
             "output.weight": (1, 7), "output.bias": (1,)}
    check({n: t.shape for n, t in tensors.items()} == sizes, "the shapes")
    check(not tensors["lstm.0.bias_hh"].any(), "bias_hh is not zero")
    first = tensors["lstm.0.weight_hh"]
    check(0 < np.abs(first).max() <= 1 / np.sqrt(20) + 1e-7, "the range")
    check(metadata["format"] == 1 and metadata["optimizer"] == "lstm",
          "format and optimizer")
    check(metadata["options"]["layers"] == [20, 7], "layers")
    check(metadata["options"]["preprocess"]["type"] == "log_sign", "preprocess")
    check(metadata["options"]["preprocess"]["p"] == 10, "p")
    check(metadata["options"]["output_scale"] == 0.1, "output scale")
    check(metadata["problem"] == {"type": "quadratic"}, "the problem")
    check(metadata["job"] == 3 and metadata["epoch"] == 150, "job and epoch")
    check(metadata["validation_loss"] == 52.25, "validation loss")
    check(metadata["job_name"] == 'caf\u00e9 "1"', "text")


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([WRITER, folder], check=True)
        stem = os.path.join(folder, "weights")
        with open(stem + ".safetensors", "rb") as file:
            data = file.read()
        tensors, strings = read_safetensors(data)
        npz, npz_metadata = read_npz(stem + ".npz")
        plain, metadata = read_json(stem + ".json")
        with open(stem + ".npz", "rb") as file:
            former = file.read()
        subprocess.run([WRITER, folder], check=True)
        with open(stem + ".npz", "rb") as file:
            check(file.read() == former, "equal content, unequal bytes")
    check_contents(tensors, metadata)
    same(tensors, npz, "npz")
    same(tensors, plain, "JSON")
    check(npz_metadata == metadata, "metadata of npz")
    texts = ("optimizer", "kind", "group", "sha256", "job_name")
    decoded = {key: value if key in texts else json.loads(value)
               for key, value in strings.items()}
    check(decoded == metadata, "metadata of safetensors")
    print("check_formats: %d tensors agree in safetensors, npz and JSON"
          % len(tensors))


main()
