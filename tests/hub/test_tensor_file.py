"""Weight files on disk: written whole or not at all, and refused when damaged."""

from __future__ import annotations

import builtins
import errno
import hashlib
import json
import os
import random
import stat
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fresh_process import run_python
from safetensors.numpy import load_file

from bnn_zoo.hub.errors import WeightFileError, WeightsError
from bnn_zoo.hub.hashing import file_sha256
from bnn_zoo.hub.packed_kernel import pack_kernel
from bnn_zoo.hub.packing import decode, encode
from bnn_zoo.hub.tensor_file import read_tensor_file, write_tensor_file


def sign(kernel: np.ndarray) -> np.ndarray:
    return np.where(kernel >= 0, np.float32(1), np.float32(-1))


def write_network(path: Path) -> None:
    """Write a small network as it is saved: packed kernels, float tensors, metadata."""
    rng = np.random.default_rng(0)
    weights: dict[str, Any] = {"stem/kernel": rng.normal(size=(3, 3, 3, 4)).astype(np.float32)}
    for name, shape in {"a/kernel": (3, 3, 4, 8), "b/kernel": (3, 3, 5, 7)}.items():
        kernel = rng.normal(size=shape).astype(np.float32)
        weights[name] = pack_kernel(kernel, sign)
        weights[name.replace("kernel", "gamma")] = np.ones(shape[-1], np.float32)
    write_tensor_file(path, *encode(weights))


def entry(dtype: str, shape: list[Any], begin: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def raw_file(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def test_round_trip_of_every_dtype(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    names = ["float64", "float32", "float16", "int64", "int32", "int8", "uint8", "bool"]
    tensors = {name: np.arange(6).reshape(2, 3).astype(name) for name in names}
    tensors |= {"scalar": np.array(2.5, np.float32), "empty": np.zeros((0, 3), np.float32)}
    metadata = {"b": "2", "a": "naïve \n"}
    write_tensor_file(path, tensors, metadata)
    found, found_metadata = read_tensor_file(path)
    assert found_metadata == metadata
    assert list(found) == sorted(tensors)
    for name, expected in tensors.items():
        assert found[name].dtype == expected.dtype
        assert found[name].shape == expected.shape
        np.testing.assert_array_equal(found[name], expected)
        assert found[name].flags.aligned


def test_round_trip_of_bfloat16(tmp_path: Path) -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    tensor = np.array([1.5, -2], bfloat16)
    write_tensor_file(tmp_path / "file", {"a": tensor}, {})
    found = read_tensor_file(tmp_path / "file")[0]["a"]
    assert found.dtype == bfloat16
    np.testing.assert_array_equal(found, tensor)


def test_views_are_written_as_they_look(tmp_path: Path) -> None:
    base = np.arange(24, dtype=np.float32).reshape(4, 6)
    tensors = {"transposed": base.T, "strided": base[::2, ::-1], "big-endian": base.astype(">f4")}
    write_tensor_file(tmp_path / "file", tensors, {})
    for name, found in read_tensor_file(tmp_path / "file")[0].items():
        np.testing.assert_array_equal(found, tensors[name])


def test_the_library_reads_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    write_network(path)
    expected = read_tensor_file(path)[0]
    found = load_file(path)
    assert found.keys() == expected.keys()
    for name in found:
        np.testing.assert_array_equal(found[name], expected[name])


def test_same_bytes_for_the_same_input(tmp_path: Path) -> None:
    tensors = {name: np.zeros(i + 1, np.uint8 if i % 2 else np.float32) for i, name in enumerate("dcbaef")}
    metadata = {str(i): "x" for i in range(8)}
    digests = set()
    for i in range(8):
        order = random.Random(i).sample(list(tensors), len(tensors))
        keys = random.Random(i).sample(list(metadata), len(metadata))
        write_tensor_file(tmp_path / "file", {k: tensors[k] for k in order}, {k: metadata[k] for k in keys})
        digests.add(file_sha256(tmp_path / "file"))
    assert len(digests) == 1


@pytest.mark.parametrize("length", range(8))
def test_data_begins_at_a_multiple_of_eight(tmp_path: Path, length: int) -> None:
    write_tensor_file(tmp_path / "file", {"a": np.zeros(1)}, {"key": "x" * length})
    assert int.from_bytes((tmp_path / "file").read_bytes()[:8], "little") % 8 == 0


def test_new_files_have_the_usual_mode(tmp_path: Path) -> None:
    (tmp_path / "usual").write_bytes(b"")
    write_tensor_file(tmp_path / "file", {}, {})
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == stat.S_IMODE((tmp_path / "usual").stat().st_mode)


@pytest.mark.parametrize(
    ("tensors", "metadata", "error"),
    [
        ({"a": np.zeros(2, np.complex64)}, {}, TypeError),
        ({"a": np.array(["x"])}, {}, TypeError),
        ({"a": np.zeros(2)}, {"version": 1}, TypeError),
        ({"__metadata__": np.zeros(2)}, {}, ValueError),
        ({"a": np.zeros(2)}, {"big": "x" * 2**22}, ValueError),
        ({"\ud800": np.zeros(2)}, {}, ValueError),
        ({"a": np.zeros(2)}, {"a": "\ud800"}, ValueError),
    ],
)
def test_what_cannot_be_written(tmp_path: Path, tensors: Any, metadata: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        write_tensor_file(tmp_path / "file", tensors, metadata)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize("fails", ["write", "fsync", "replace", "interrupt"])
def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str, exists: bool) -> None:
    path = tmp_path / "model.safetensors"
    if exists:
        write_network(path)
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}

    def full(*_: Any) -> None:
        raise KeyboardInterrupt if fails == "interrupt" else OSError(errno.ENOSPC, "No space left on device")

    class FullFile:
        """A file on a disk that is full after the first write."""

        def __init__(self, *args: Any) -> None:
            self.file, self.writes = builtins.open(*args), 0

        def __enter__(self) -> FullFile:
            return self

        def __exit__(self, *_: Any) -> None:
            self.file.close()

        def write(self, data: bytes) -> None:
            self.writes += 1
            if self.writes > 1:
                full()
            self.file.write(data)

    if fails == "write":
        monkeypatch.setattr("bnn_zoo.hub.tensor_file.open", FullFile, raising=False)
    else:
        monkeypatch.setattr(os, "replace" if fails == "replace" else "fsync", full)
    with pytest.raises((OSError, KeyboardInterrupt)):
        write_tensor_file(path, {"a": np.zeros(1000, np.float32)}, {})
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_killed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    write_network(path)
    before = path.read_bytes()
    program = (
        "import os, sys, numpy as np\n"
        "from bnn_zoo.hub.tensor_file import write_tensor_file\n"
        "os.fsync = lambda _: os._exit(9)\n"
        "write_tensor_file(sys.argv[1], {'a': np.zeros(10**6)}, {})\n"
    )
    assert run_python(program, str(path)).returncode == 9
    assert path.read_bytes() == before
    assert list(tmp_path.glob("*.safetensors")) == [path]


def test_truncated_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    write_network(path)
    whole = path.read_bytes()
    lengths = sorted({*range(0, 16), *np.linspace(16, len(whole) - 1, 84).astype(int).tolist()})
    assert len(lengths) == 100
    for length in lengths:
        path.write_bytes(whole[:length])
        with pytest.raises(WeightFileError, match="model.safetensors.*fetch or save it again"):
            read_tensor_file(path)


def test_flipped_bits_raise_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    write_network(path)
    whole, digest = path.read_bytes(), file_sha256(path)
    header_end = 8 + int.from_bytes(whole[:8], "little")
    draw = random.Random(0)
    refused = 0
    for i in range(500):
        damaged = bytearray(whole)
        position = draw.randrange(header_end) if i % 2 else draw.randrange(len(whole))
        damaged[position] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        assert file_sha256(path) != digest
        try:
            decode(*read_tensor_file(path))
        except WeightFileError as error:
            assert "\n" not in str(error)
            assert len(str(error)) < 1000
            refused += 1
    # Most flips in the header cannot pass; most in the data cannot be seen.
    assert refused > 150


DAMAGED = {
    "empty": b"",
    "text": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
    "only a header length": bytes(8),
    "header longer than the file": raw_file({}, length=1000),
    "header of 2**64 - 1 bytes": raw_file({}, length=2**64 - 1),
    "header over the limit": raw_file(b"{}" + b" " * 2**22),
    "header is no object": raw_file([]),
    "header is no JSON": raw_file(b"{'a': 1}"),
    "header is no UTF-8": raw_file(b'{"\xff": 1}'),
    "header nested deeply": raw_file(b'{"a":' * 100_000),
    "metadata of numbers": raw_file({"__metadata__": {"a": 1}}),
    "name twice": raw_file(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},' * 2 + b'"b":{}}', b"1"),
    "name twice, alike": raw_file(
        b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}',
        b"1",
    ),
    "metadata key twice": raw_file(b'{"__metadata__":{"a":"1","a":"2"}}'),
    "gap": raw_file({"a": entry("U8", [1], 0, 1), "b": entry("U8", [1], 2, 3)}, b"123"),
    "overlap": raw_file({"a": entry("U8", [2], 0, 2), "b": entry("U8", [2], 1, 3)}, b"123"),
    "data left over": raw_file({"a": entry("U8", [1], 0, 1)}, b"12"),
    "data missing": raw_file({"a": entry("U8", [3], 0, 3)}, b"12"),
    "end before begin": raw_file({"a": entry("U8", [1], 1, 0)}, b"1"),
    "shape too small": raw_file({"a": entry("F32", [1], 0, 8)}, bytes(8)),
    "shape too large": raw_file({"a": entry("F32", [3], 0, 8)}, bytes(8)),
    "negative shape": raw_file({"a": entry("U8", [-1], 0, 1)}, b"1"),
    "fractional shape": raw_file({"a": entry("U8", [1.0], 0, 1)}, b"1"),
    "enormous shape": raw_file({"a": entry("F32", [2**40], 0, 8)}, bytes(8)),
    "shape that overflows": raw_file({"a": entry("F32", [2**62, 4], 0, 0)}),
    "empty shape that overflows": raw_file({"a": entry("F32", [0, 2**63, 2**63], 0, 0)}),
    "more dimensions than numpy has": raw_file({"a": entry("U8", [1] * 100, 0, 1)}, b"1"),
    "unknown dtype": raw_file({"a": entry("X8", [1], 0, 1)}, b"1"),
    "dtype that numpy lacks": raw_file({"a": entry("F8_E4M3", [1], 0, 1)}, b"1"),
    "dtype that weights never have": raw_file({"a": entry("C64", [1], 0, 8)}, bytes(8)),
    "booleans of 2": raw_file({"a": entry("BOOL", [1], 0, 1)}, b"\x02"),
    "long name": raw_file({"a\n" * 10**5: entry("U64", [1], 0, 8)}, bytes(8)),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(WeightFileError, match="model.safetensors.*fetch or save it again") as caught:
            read_tensor_file(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000
    assert peak < 10 * len(content) + 2**20


def test_no_file_is_a_weights_error(tmp_path: Path) -> None:
    for read in (read_tensor_file, file_sha256):
        with pytest.raises(WeightsError, match="no such file"):
            read(tmp_path / "missing")
        with pytest.raises(WeightsError, match="folder or a device"):
            read(tmp_path)
        with pytest.raises(WeightsError):
            read(str(tmp_path) + "/\0")


def test_a_named_pipe_is_refused(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(WeightFileError, match="folder or a device"):
        read_tensor_file(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PermissionError(errno.EACCES, "denied"), "no permission"),
        (OSError(errno.EIO, "I/O error"), "I/O error"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_errors_of_the_system_become_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, message: str
) -> None:
    path = tmp_path / "file"
    write_network(path)

    def failing_open(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("bnn_zoo.hub.tensor_file.open", failing_open, raising=False)
    with pytest.raises(WeightFileError, match=message):
        read_tensor_file(path)


def test_arrays_outlive_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_tensor_file(path, {"a": np.ones(5000, np.float32)}, {})
    found = read_tensor_file(path)[0]["a"]
    path.write_bytes(b"")
    assert (found == 1).all()


@pytest.mark.parametrize("size", [0, 1, 2**20, 2**20 + 1, 3 * 2**20])
def test_sha256(tmp_path: Path, size: int) -> None:
    content = random.Random(size).randbytes(size)
    (tmp_path / "file").write_bytes(content)
    assert file_sha256(tmp_path / "file") == hashlib.sha256(content).hexdigest()
