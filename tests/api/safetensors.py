"""A safetensors reader and writer, from the format's description alone, and the
optimizer that is in such a file, in float64 numpy."""

import json
import struct

import numpy as np


def unique(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), names
    return dict(pairs)


def load(data):
    """(metadata, {name: array}) of a file's bytes; every rule is checked."""
    (length,) = struct.unpack("<Q", data[:8])
    text = data[8:8 + length]
    assert len(text) == length <= 100_000_000 and length % 8 == 0
    assert text[:1] == b"{" and b"\0" not in text
    header = json.loads(text, object_pairs_hook=unique)
    metadata = header.pop("__metadata__")
    assert all(isinstance(value, str) for value in metadata.values())
    tensors, end = {}, 0
    for name, entry in sorted(header.items(),
                              key=lambda item: item[1]["data_offsets"]):
        assert sorted(entry) == ["data_offsets", "dtype", "shape"]
        assert entry["dtype"] == "F32"
        assert entry["data_offsets"][0] == end, name
        end = entry["data_offsets"][1]
        part = data[8 + length + entry["data_offsets"][0]:8 + length + end]
        tensors[name] = np.frombuffer(part, "<f4").reshape(entry["shape"])
    assert 8 + length + end == len(data)
    return metadata, tensors


def save(metadata, tensors):
    """The bytes of a file."""
    header, body = {"__metadata__": metadata}, b""
    for name, values in tensors.items():
        part = np.asarray(values, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(np.shape(values)),
                        "data_offsets": [len(body), len(body) + len(part)]}
        body += part
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + body


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Lstm:
    """L2L, section 2.1: one LSTM, the same for all coordinates, each with a
    state of its own.  PyTorch's names, shapes and order of gates."""

    def __init__(self, data):
        metadata, tensors = load(data)
        assert metadata["optimizer"] == "lstm" and metadata["format"] == "1"
        self.options = json.loads(metadata["options"])
        self.w = {name: t.astype(float) for name, t in tensors.items()}
        self.layers = self.options["layers"]

    def start(self, n):
        self.h = [np.zeros((n, size)) for size in self.layers]
        self.c = [np.zeros((n, size)) for size in self.layers]

    def features(self, gradient):
        """Appendix A."""
        how = self.options["preprocess"]
        if how["type"] == "none":
            return gradient[:, None]
        if how["type"] == "clamp":
            return np.clip(gradient, -how["clamp"], how["clamp"])[:, None]
        p, size = how["p"], np.abs(gradient)
        large = size >= np.exp(-p)
        log = np.log(np.where(large, size, 1)) / p
        return np.stack([np.where(large, log, -1),
                         np.where(large, np.sign(gradient),
                                  np.exp(p) * gradient)], axis=1)

    def update(self, gradient):
        """What is added to the parameters."""
        x = self.features(gradient)
        for i in range(len(self.layers)):
            w = {part: self.w[f"lstm.{i}.{part}"] for part in
                 ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
            z = x @ w["weight_ih"].T + w["bias_ih"] + \
                self.h[i] @ w["weight_hh"].T + w["bias_hh"]
            gate_i, gate_f, g, gate_o = np.split(z, 4, axis=1)
            self.c[i] = sigmoid(gate_f) * self.c[i] + \
                sigmoid(gate_i) * np.tanh(g)
            self.h[i] = x = sigmoid(gate_o) * np.tanh(self.c[i])
        out = x @ self.w["output.weight"].T + self.w["output.bias"]
        return self.options["output_scale"] * out[:, 0]
