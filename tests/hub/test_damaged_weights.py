"""Weight files damaged anywhere: always one kind of error, never a crash, a changed model, or an allocation out of proportion."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from fresh_process import printed_by
from small_network import small_network, snapshot

from bnn_zoo._keras import keras
from bnn_zoo.hub import (
    WeightFileError,
    WeightsError,
    WeightSet,
    load_pretrained,
    load_weights,
    resolve,
    save_pretrained,
    weight_set_of,
)
from bnn_zoo.hub.formats import keras_h5
from bnn_zoo.hub.hashing import file_sha256

TRUNCATIONS, FLIPS = 100, 500


@pytest.fixture(scope="module")
def packed(network: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_pretrained(network, tmp_path_factory.mktemp("packed")) / "model.safetensors"


@pytest.fixture(scope="module")
def h5(network: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("h5") / "network.h5"
    network.save_weights(path)
    return path


def header_end(whole: bytes) -> int:
    return 8 + int.from_bytes(whole[:8], "little")


def damaged(whole: bytes, header: int) -> Iterator[bytes]:
    """The content cut at 100 places, then with 500 single bits flipped, half of them in the header."""
    draw = random.Random(0)
    cuts = [0, 1, 7, 8, header - 1, header, len(whole) - 1]
    for place in cuts + draw.sample(range(len(whole)), TRUNCATIONS - len(cuts)):
        yield whole[:place]
    for number in range(FLIPS):
        content = bytearray(whole)
        content[draw.randrange(header if number % 2 else len(whole))] ^= 1 << draw.randrange(8)
        yield bytes(content)


@pytest.mark.parametrize("kind", ["packed", "h5"])
def test_with_a_recorded_hash_no_damage_gets_through(
    network: keras.Model, packed: Path, h5: Path, tmp_path: Path, kind: str
) -> None:
    path = {"packed": packed, "h5": h5}[kind]
    whole = path.read_bytes()
    target = tmp_path / path.name
    weights = WeightSet("birealnet", format="packed" if kind == "packed" else "keras-h5", sources=(str(target),))
    # Without its size on record, so that the hash alone decides.
    weights = dataclasses.replace(weights, sha256=file_sha256(path), bytes=None)
    model = small_network(seed=1)
    before = snapshot(model)
    count = 0
    for content in damaged(whole, header_end(whole) if kind == "packed" else 2048):
        target.write_bytes(content)
        with pytest.raises(WeightsError, match="recorded sha256"):
            load_weights(model, weights)
        count += 1
    assert count == TRUNCATIONS + FLIPS
    assert snapshot(model) == before
    target.write_bytes(whole)
    load_weights(model, weights)
    assert snapshot(model) != before


def test_load_pretrained_refuses_a_damaged_folder(packed: Path, tmp_path: Path) -> None:
    whole = packed.read_bytes()
    (tmp_path / "config.json").write_bytes((packed.parent / "config.json").read_bytes())
    for content in list(damaged(whole, header_end(whole)))[:: (TRUNCATIONS + FLIPS) // 6]:
        (tmp_path / "model.safetensors").write_bytes(content)
        with pytest.raises(WeightsError, match="recorded sha256"):
            load_pretrained(tmp_path)


@pytest.mark.parametrize("damage", ["truncated", "altered", "empty", "gone", "no config", "config cut", "config altered"])
def test_damaged_sets_are_refused(damage: str, tmp_path: Path) -> None:
    folder = save_pretrained(small_network(), tmp_path)
    weights = weight_set_of(load_pretrained(folder))
    assert weights is not None
    file, config = folder / "model.safetensors", folder / "config.json"
    content = file.read_bytes()
    match damage:
        case "truncated":
            file.write_bytes(content[:-100])
        case "altered":
            file.write_bytes(content[:-100] + bytes([content[-100] ^ 1]) + content[-99:])
        case "empty":
            file.write_bytes(b"")
        case "gone":
            file.unlink()
        case "no config":
            config.unlink()
        case "config cut":
            config.write_text(config.read_text()[:-20])
        case "config altered":
            config.write_text(config.read_text().replace('"section_blocks"', '"section_block"'))
    with pytest.raises(WeightFileError) as caught:
        load_pretrained(folder)
    told = "BiRealNet has no argument 'section_block'" if damage == "config altered" else str(folder)
    assert told in str(caught.value)
    if damage in ("truncated", "altered", "empty", "gone"):
        for record in (weights, dataclasses.replace(weights, sha256=None)):
            if record.sha256 is None and damage == "altered":
                continue  # without the hash one flipped bit is another weight
            model = small_network(seed=1)
            before = snapshot(model)
            with pytest.raises(WeightFileError):
                load_weights(model, record)
            assert snapshot(model) == before
            assert weight_set_of(model) is None


def test_without_a_hash_damage_to_the_structure_is_refused(packed: Path, tmp_path: Path) -> None:
    whole = packed.read_bytes()
    target = tmp_path / "model.safetensors"
    weights = dataclasses.replace(resolve(packed.parent), sources=(str(target),), sha256=None, bytes=None)
    model = small_network(seed=1)
    sound = snapshot(model)
    outcomes: Counter[str] = Counter()
    for number, content in enumerate(damaged(whole, header_end(whole))):
        target.write_bytes(content)
        tracemalloc.start()
        try:
            load_weights(model, weights)
        except WeightsError as error:
            assert "\n" not in str(error) or "could not be had" in str(error)
            assert snapshot(model) == sound, "an error changes nothing"
            outcomes["refused"] += 1
        else:
            # Flipped numbers are numbers: only the hash could tell.
            assert number >= TRUNCATIONS
            outcomes["loaded"] += 1
            sound = snapshot(model)
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        # A kernel unpacks to 32 times its bits.
        assert peak < 40 * len(whole) + 2**21
    assert outcomes["refused"] + outcomes["loaded"] == TRUNCATIONS + FLIPS
    assert outcomes["refused"] > TRUNCATIONS + FLIPS // 4


READ_EACH = """
import os, signal, sys
from pathlib import Path
from bnn_zoo.hub.errors import WeightFileError
from bnn_zoo.hub.formats.h5_trial import limit_memory
from bnn_zoo.hub.formats.keras_h5 import read
import h5py
for name in sorted(os.listdir(sys.argv[1]), key=int):
    child = os.fork()
    if not child:
        path = Path(sys.argv[1]) / name
        limit_memory(path)
        signal.alarm(3)
        try:
            read(path)
        except WeightFileError:
            os._exit(3)
        except BaseException:
            os._exit(4)
        os._exit(0)
    _, status, used = os.wait4(child, 0)
    print(name, os.waitstatus_to_exitcode(status), used.ru_maxrss, flush=True)
"""


def test_h5_files_that_nobody_has_a_hash_of(h5: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = h5.read_bytes()
    folder = tmp_path / "files"
    folder.mkdir()
    for number, content in enumerate(damaged(whole, 2048)):
        (folder / str(number)).write_bytes(content)
    told = printed_by(READ_EACH, str(folder))
    lines = [[int(word) for word in line.split()] for line in told.splitlines()]
    assert len(lines) == TRUNCATIONS + FLIPS
    outcomes = Counter({0: "loaded", 3: "refused"}.get(code, f"code {code}") for _, code, _ in lines)
    assert not outcomes["code 4"], "another kind of error"
    assert all(code == 3 for number, code, _ in lines if number < TRUNCATIONS)
    assert outcomes["refused"] > TRUNCATIONS
    assert max(kilobytes for _, _, kilobytes in lines) - min(kilobytes for _, _, kilobytes in lines) < 80_000
    # What hangs or kills the HDF5 library is why such files are read in another process first.
    monkeypatch.setattr(keras_h5, "_PATIENCE", 3.0)
    for number in [number for number, code, _ in lines if code < 0][:3]:
        with pytest.raises(WeightFileError, match="is damaged"):
            keras_h5.check(folder / str(number))


def test_a_reader_that_hangs_or_crashes(h5: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keras_h5.check(h5)
    (tmp_path / "hangs.py").write_text("import time; time.sleep(60)")
    (tmp_path / "crashes.py").write_text(f"import os; os.kill(os.getpid(), {int(signal.SIGSEGV)})")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(keras_h5, "_TRIAL", "crashes")
    with pytest.raises(WeightFileError, match="crashes the HDF5 library"):
        keras_h5.check(h5)
    monkeypatch.setattr(keras_h5, "_TRIAL", "hangs")
    monkeypatch.setattr(keras_h5, "_PATIENCE", 0.5)
    started = time.monotonic()
    with pytest.raises(WeightFileError, match="reading it does not end"):
        keras_h5.check(h5)
    assert time.monotonic() - started < 10


def test_modules_in_the_current_folder_are_not_run(h5: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("h5py", "random", "importlib"):
        (tmp_path / f"{name}.py").write_text("open('run', 'w').close(); raise ImportError('mine')")
    monkeypatch.chdir(tmp_path)
    keras_h5.check(h5)
    assert not (tmp_path / "run").exists()


def test_a_bare_h5_file_is_checked_before_it_is_read(h5: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.h5"
    path.write_bytes(h5.read_bytes()[:5000])
    with pytest.raises(WeightFileError, match=r"not a readable Keras \.h5 weight file"):
        load_weights(small_network(), WeightSet("birealnet", format="keras-h5", sources=(str(path),)))
    assert os.path.getsize(path) == 5000
