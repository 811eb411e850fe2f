"""PyTorch's files: those that hold a state dict are read, whatever wraps it; those that hold anything else are refused."""

from __future__ import annotations

import pickle
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch_files import Named, Parameter, Storage, Tensor, state_of, write_legacy, write_zip

from bnn_zoo.hub import WeightFileError, resolve
from bnn_zoo.hub.formats.torch_file import is_torch_file, read_state_dict

RNG = np.random.default_rng(0)
ARRAYS = {
    "conv1.weight": RNG.normal(size=(4, 3, 7, 7)).astype(np.float32),
    "bn1.running_mean": RNG.normal(size=4).astype(np.float64),
    "bn1.num_batches_tracked": np.array(7, np.int64),
    "half": RNG.normal(size=(2, 3)).astype(np.float16),
    "none": np.zeros((0, 3), np.float32),
}
BOTH = pytest.mark.parametrize("write", [write_zip, write_legacy])


def assert_read(path: Path) -> None:
    found = read_state_dict(path)
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


@BOTH
@pytest.mark.parametrize("ending", ["pth", "pt", "pth.tar", "h5"])
def test_a_state_dict_under_any_ending(tmp_path: Path, write: Callable[..., Path], ending: str) -> None:
    path = write(tmp_path / f"weights.{ending}", state_of(ARRAYS))
    assert is_torch_file(path)
    assert_read(path)


@BOTH
@pytest.mark.parametrize("prefix", ["", "module.", "module.module."])
@pytest.mark.parametrize("wrapper", ["state_dict", "model"])
def test_a_training_runs_checkpoint(tmp_path: Path, write: Callable[..., Path], wrapper: str, prefix: str) -> None:
    optimizer = {"state": {0: {"step": 3, "exp_avg": Tensor(np.ones(5, np.float32))}}, "param_groups": [{"betas": (0.9, 0.999)}]}
    best = Tensor(np.array(69.5, np.float32))
    run = {"epoch": 256, wrapper: state_of(ARRAYS, prefix), "optimizer": optimizer, "best_top1": best, "arch": "reactnet"}
    assert_read(write(tmp_path / "model_best.pth.tar", run))


@BOTH
def test_parameters_views_and_shared_storages(tmp_path: Path, write: Callable[..., Path]) -> None:
    numbers = np.arange(12, dtype=np.float32)
    turned = Tensor(numbers, offset=2, shape=(2, 3), strides=(1, 3))
    found = read_state_dict(write(tmp_path / "a.pt", {"a": Parameter(numbers), "b": turned, "c": turned}))
    np.testing.assert_array_equal(found["a"], numbers)
    np.testing.assert_array_equal(found["b"], [[2, 5, 8], [3, 6, 9]])
    np.testing.assert_array_equal(found["c"], found["b"])


@BOTH
def test_expanded_tensors(tmp_path: Path, write: Callable[..., Path]) -> None:
    """What PyTorch's `expand` leaves: strides of 0, the same numbers again and again."""
    one = Tensor(np.array([3.0], np.float32), shape=(512,), strides=(0,))
    rows = Tensor(np.arange(3, dtype=np.float32), shape=(2, 3), strides=(0, 1))
    found = read_state_dict(write(tmp_path / "a.pt", {"one": one, "rows": rows}))
    np.testing.assert_array_equal(found["one"], np.full(512, 3.0))
    np.testing.assert_array_equal(found["rows"], [[0, 1, 2], [0, 1, 2]])


@BOTH
def test_many_expanded_tensors_do_not_fill_the_memory(tmp_path: Path, write: Callable[..., Path]) -> None:
    one = Tensor(np.array([3.0], np.float32), shape=(2**20,), strides=(0,))
    with pytest.raises(WeightFileError, match="more than the file could hold"):
        read_state_dict(write(tmp_path / "a.pt", {str(number): one for number in range(100)}))


class Old(Tensor):
    """A tensor as PyTorch wrote it before 0.4."""

    def __reduce__(self) -> Any:
        _, arguments = super().__reduce__()
        return Named("torch._utils", "_rebuild_tensor"), arguments[:4]


@BOTH
def test_tensors_of_before_pytorch_0_4(tmp_path: Path, write: Callable[..., Path]) -> None:
    numbers = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(read_state_dict(write(tmp_path / "a.pth", {"a": Old(numbers)}))["a"], numbers)


def test_bfloat16_comes_as_float32(tmp_path: Path) -> None:
    numbers = np.array([1.5, -2.0, 0.15625], np.float32)
    bits = Tensor((numbers.view(np.uint32) >> 16).astype(np.uint16), "BFloat16Storage")
    found = read_state_dict(write_zip(tmp_path / "a.pt", {"a": bits}))["a"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, numbers)

    rows = Tensor(bits.array, "BFloat16Storage", shape=(1, 2), strides=(2, 2))
    np.testing.assert_array_equal(read_state_dict(write_zip(tmp_path / "b.pt", {"a": rows}))["a"], [[1.5, 0.15625]])


@BOTH
def test_a_single_number_of_bfloat16(tmp_path: Path, write: Callable[..., Path]) -> None:
    found = read_state_dict(write(tmp_path / "a.pt", {"a": Tensor(np.array(0x4040, np.uint16), "BFloat16Storage")}))["a"]
    assert (found.shape, found.dtype, found.item()) == ((), np.float32, 3.0)


@BOTH
@pytest.mark.parametrize("wrapper", ["state_dict_ema", "model_ema"])
@pytest.mark.parametrize("prefix", ["_orig_mod.", "model.", "module._orig_mod.", "model._orig_mod.module."])
def test_averaged_weights_and_what_other_wrappers_put_before_names(
    tmp_path: Path, write: Callable[..., Path], wrapper: str, prefix: str
) -> None:
    assert_read(write(tmp_path / "a.pth", {wrapper: state_of(ARRAYS, prefix), "epoch": 3}))


def test_averaged_weights_count_as_further_ones(tmp_path: Path) -> None:
    averaged = state_of({"a": np.ones(1, np.float32)})
    assert_read(write_zip(tmp_path / "a.pth", {"state_dict_ema": averaged, "state_dict": state_of(ARRAYS)}))


# What is refused


class Call:
    """Calls a function when it is unpickled."""

    def __init__(self, module: str, name: str, *arguments: Any) -> None:
        self.function, self.arguments = Named(module, name), arguments

    def __reduce__(self) -> Any:
        return self.function, self.arguments


@BOTH
@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("posix", "system"),
        ("builtins", "eval"),
        ("builtins", "getattr"),
        ("torch", "load"),
        ("torch.nn.modules.linear", "Linear"),
        ("numpy.core.multiarray", "scalar"),
        ("torch._utils", "_rebuild_tensor_v2.__globals__"),
    ],
)
def test_code_is_not_run(tmp_path: Path, write: Callable[..., Path], module: str, name: str) -> None:
    mark = tmp_path / "it-ran"
    path = write(tmp_path / "a.pth", {"state_dict": state_of(ARRAYS), "args": Call(module, name, f"touch {mark}")})
    with pytest.raises(WeightFileError, match=rf"asks for '{module}\.{name}', which no state dict needs.*torch\.save\("):
        read_state_dict(path)
    assert not mark.exists()


@BOTH
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": (5, 5), "strides": (5, 1)}, "reaches beyond its 12 numbers"),
        ({"offset": 1}, "reaches beyond"),
        ({"shape": (2**20, 2**19), "strides": (0, 0)}, "reaches beyond"),
        ({"strides": (-1,)}, "a tensor of the shape"),
        ({"shape": (True,)}, "a tensor of the shape"),
        ({"shape": ("3",)}, "a tensor of the shape"),
        ({"shape": (3, 4)}, "do not fit"),
        ({"shape": (2**21,), "strides": (0,)}, "reaches beyond"),
        ({"shape": (2, 12), "strides": (0, 2)}, "reaches beyond"),
        ({"shape": (7, 6), "strides": (1, 1)}, "reaches beyond"),
        ({"count": 2**35}, "not readable|beyond|numbers|bytes"),
        ({"count": -1}, "a storage that is described by"),
    ],
)
def test_tensors_that_claim_what_they_do_not_have(
    tmp_path: Path, write: Callable[..., Path], changes: dict[str, Any], message: str
) -> None:
    path = write(tmp_path / "a.pth", {"a": Tensor(np.arange(12, dtype=np.float32), **changes)})
    with pytest.raises(WeightFileError, match=message):
        read_state_dict(path)


class Tampered(Tensor):
    """A tensor whose attributes are set once it is made."""

    def __init__(self, part: str) -> None:
        super().__init__(np.arange(12, dtype=np.float32))
        self.part = part

    def __reduce__(self) -> Any:
        function, (storage, *rest) = super().__reduce__()
        state = {"shape": (2**20,), "strides": (1,), "_make": "x", "kind": "none", "numbers": 2**30}
        if self.part == "tensor":
            return function, (storage, *rest), state
        if self.part == "slots":
            return function, (storage, *rest), (None, state)
        return Call("torch._utils", "_rebuild_tensor_v2").function, (Built(self.part), *rest)


class Built:
    """A name of the few that are known, with attributes set."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __reduce__(self) -> Any:
        return Named("collections", "OrderedDict"), ((("a", Named("torch", self.name)),),), {"items": 3}


@BOTH
@pytest.mark.parametrize("part", ["tensor", "slots", "FloatStorage"])
def test_attributes_are_not_set(tmp_path: Path, write: Callable[..., Path], part: str) -> None:
    with pytest.raises(WeightFileError, match="not a readable weight file"):
        read_state_dict(write(tmp_path / "a.pth", {"a": Tampered(part)}))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1, 2], "holds a list, not a state dict"),
        ({"epoch": 3}, "its entry 'epoch' is a int, not a tensor"),
        (
            {"params": state_of(ARRAYS), "epoch": 3},
            "its entry 'params' is a dict, not a tensor, in .* holds params, epoch; ",
        ),
        ({}, "holds no tensor"),
        ({3: Tensor(np.ones(1, np.float32))}, "its entry 3"),
    ],
)
def test_other_contents(tmp_path: Path, value: Any, message: str) -> None:
    with pytest.raises(WeightFileError, match=message) as caught:
        read_state_dict(write_zip(tmp_path / "a.pth", value))
    assert "damaged" not in str(caught.value) and "torch.save(" in str(caught.value)


def test_other_files(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    for content in (b"", b"PK", b"PK\x03\x04 and so on", b"\x80\x02.", pickle.dumps({"a": 1}), b"\x89HDF\r\n\x1a\n" + bytes(99)):
        path.write_bytes(content)
        assert not is_torch_file(path)
        with pytest.raises(WeightFileError, match="not a readable weight file"):
            read_state_dict(path)
    with pytest.raises(WeightFileError, match="there is no such file"):
        read_state_dict(tmp_path / "nothing.pth")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "b")
    assert not is_torch_file(path)
    with pytest.raises(WeightFileError, match="without data.pkl"):
        read_state_dict(path)


def test_compressed_members_and_the_other_order_of_bytes(tmp_path: Path) -> None:
    with pytest.raises(WeightFileError, match="is compressed"):
        read_state_dict(write_zip(tmp_path / "a.pth", state_of(ARRAYS), compression=zipfile.ZIP_DEFLATED))
    with pytest.raises(WeightFileError, match=r"b\.pth: was written on a machine with the other order of bytes\. Save its weights"):
        read_state_dict(write_zip(tmp_path / "b.pth", state_of(ARRAYS), byteorder=b"big"))
    assert_read(write_zip(tmp_path / "c.pth", state_of(ARRAYS), byteorder=b"little"))


@BOTH
def test_every_cut_and_every_tenth_flipped_byte_ends_in_one_error_or_in_arrays(tmp_path: Path, write: Callable[..., Path]) -> None:
    whole = write(tmp_path / "a.pth", {"state_dict": state_of({"a.weight": np.ones(3, np.float32)})}).read_bytes()
    damaged = [whole[:length] for length in range(0, len(whole), 7)]
    damaged += [whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :] for at in range(0, len(whole), 10)]
    path = tmp_path / "b.pth"
    for content in damaged:
        path.write_bytes(content)
        assert is_torch_file(path) in (True, False)
        try:
            found = read_state_dict(path)
        except WeightFileError:
            continue
        assert all(isinstance(value, np.ndarray) for value in found.values())


def test_a_flipped_bit_in_the_number_of_a_remembered_value_takes_no_memory(tmp_path: Path) -> None:
    """Python's reader has room for as many values as the largest number says, before it is read on."""
    whole = write_legacy(
        tmp_path / "a.pth", state_of({f"{number}.weight": np.ones(3, np.float32) for number in range(100)})
    ).read_bytes()
    assert whole.count(b"r\0\1\0\0") == 1
    (tmp_path / "b.pth").write_bytes(whole.replace(b"r\0\1\0\0", b"r\0\1\0\1"))
    tracemalloc.start()
    with pytest.raises(WeightFileError, match="it numbers a value 16777472"):
        read_state_dict(tmp_path / "b.pth")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**22


@BOTH
def test_a_storage_that_is_described_in_two_ways(tmp_path: Path, write: Callable[..., Path]) -> None:
    """Each description would be read into memory of its own: thousands of them, of one storage."""

    whole = Tensor(np.arange(12, dtype=np.float32))

    class Shorter(Tensor):
        def __reduce__(self) -> Any:
            function, (_, *rest) = super().__reduce__()
            return function, (Storage(whole, 11), *rest)

    shorter = Shorter(whole.array, shape=(11,))
    with pytest.raises(WeightFileError, match="describes the storage '0' in two ways"):
        read_state_dict(write(tmp_path / "a.pth", {"a": whole, "b": shorter}))


def doubled(times: int) -> bytes:
    """Opcodes that leave a tuple of two tuples, which are the same one, and so on."""
    return b"K\1K\1\x86" + b"".join(b"q%ch%c\x86" % (number, number) for number in range(times))


def long_number(value: int) -> bytes:
    return b"\x8a\x10" + value.to_bytes(16, "little")


@pytest.mark.parametrize(
    ("opcodes", "message"),
    [
        (doubled(60) + b"Q", "unfold to more values"),
        (b"}" + doubled(60) + b"K\1s", "unfold to more values"),
        (b"}" + b"K\1\x85" + b"2\x86" * 60 + b"K\1s", "unfold to more values"),
        (b"}" + doubled(16).replace(b"h", b"Nbh") + b"K\1s", "in what should be a state dict"),
        (b"}" + doubled(60).replace(b"h", b"Nbh") + b"K\1s", "unfold to more values"),
        (b"K\1" + b"\x85" * 10**6 + b"}0}" + b"K\1" + b"\x85" * 10**6 + b"K\1s", "deeper in each other"),
        (b"}(" + b"".join(long_number(times * (2**61 - 1)) + b"N" for times in range(99)) + b"u", "more than 64 bits"),
        (b"]" + b"N0" * 2**20, "more steps"),
        (b"(]" + b"".join(b"q%c](h%ch%ce" % ((number,) * 3) for number in range(60)) + b"tQ", "which is no storage"),
    ],
)
def test_small_pickles_that_stand_for_large_values(tmp_path: Path, opcodes: bytes, message: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.pth", "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\2" + opcodes + b".")
    with pytest.raises(WeightFileError, match=message):
        read_state_dict(tmp_path / "a.pth")


@pytest.mark.parametrize("keys", [5, None, [["0"]], {"0": 1}, [0], ("0",)])
def test_a_list_of_storages_that_is_none(tmp_path: Path, keys: Any) -> None:
    whole = write_legacy(tmp_path / "a.pth", state_of({"a": np.ones(3, np.float32)})).read_bytes()
    listed = pickle.dumps(["0"], protocol=2)
    assert whole.count(listed) == 1
    (tmp_path / "b.pth").write_bytes(whole.replace(listed, pickle.dumps(keys, protocol=2)))
    with pytest.raises(WeightFileError, match="does not list its storages"):
        read_state_dict(tmp_path / "b.pth")


def test_a_damaged_directory_is_no_file_of_pytorchs(tmp_path: Path) -> None:
    """Of versions and names that it does not know, the reader of .zip files raises errors of other kinds."""
    whole = write_zip(tmp_path / "a.pth", state_of({"a": np.ones(3, np.float32)})).read_bytes()
    entry = whole.index(b"PK\x01\x02")
    of_the_future = whole[: entry + 6] + b"\xff" + whole[entry + 7 :]
    no_utf8 = whole[: entry + 8] + b"\0\x08" + whole[entry + 10 : entry + 46] + b"\xff" + whole[entry + 47 :]
    for content in (of_the_future, no_utf8):
        (tmp_path / "b.pth").write_bytes(content)
        assert not is_torch_file(tmp_path / "b.pth")
        found = resolve(tmp_path / "b.pth", "reactnet18")
        with pytest.raises(WeightFileError, match="not a readable weight file"):
            read_state_dict(found.sources[0])
