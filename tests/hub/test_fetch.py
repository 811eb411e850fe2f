"""From a record to a verified file: sources in order, errors that say what was tried and what else there is."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from fresh_process import printed_by
from hub_server import FileServer
from weight_files import DATA, record

from bnn_zoo.hub import WeightFileError, WeightSet, bring, fetch, resolve
from bnn_zoo.hub import fetch as fetch_function
from bnn_zoo.hub.cache import cached_path
from bnn_zoo.hub.schemes import needs_download
from bnn_zoo.hub.sources import package


def test_a_local_file_is_hashed(tmp_path: Path) -> None:
    path = tmp_path / "a b:c.h5"
    path.write_bytes(DATA)
    assert fetch(record(str(path))) == path
    assert fetch(record(str(path), bytes=len(DATA))) == path
    path.write_bytes(DATA[:-1] + b"?")
    with pytest.raises(WeightFileError, match=r"does not have the recorded sha256.*remove it, and fetch or save it again"):
        fetch(record(str(path)))
    with pytest.raises(WeightFileError, match="there is no such file"):
        fetch(record(str(tmp_path / "missing")))


def test_another_size_than_recorded_needs_no_hashing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.h5").write_bytes(DATA)
    monkeypatch.setattr(bring, "file_sha256", lambda path: pytest.fail("hashed"))
    with pytest.raises(WeightFileError, match="does not have the recorded sha256"):
        fetch(record(str(tmp_path / "a.h5"), bytes=3))


def test_the_hash_is_taken_once_a_load(file_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.h5").write_bytes(DATA)
    url = file_server.add("a.h5", DATA)
    fetch(record(url))
    taken: list[Any] = []

    def counted(path: Path) -> str:
        taken.append(path)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    monkeypatch.setattr(bring, "file_sha256", counted)
    monkeypatch.setattr("bnn_zoo.download.hashing.sha256_of", counted)
    for source in (str(tmp_path / "a.h5"), url):
        taken.clear()
        fetch(record(source))
        assert len(taken) == 1


def test_package_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "packaged_weights", lambda: tmp_path / "weights")
    (tmp_path / "weights" / "one").mkdir(parents=True)
    (tmp_path / "weights" / "one" / "a.h5").write_bytes(DATA)
    (tmp_path / "outside.h5").write_bytes(DATA)
    assert fetch(record("package:one/a.h5")).read_bytes() == DATA
    with pytest.raises(WeightFileError, match="the installation is not complete"):
        fetch(record("package:one/b.h5"))
    for hostile in (
        "package:../outside.h5",
        f"package:{tmp_path}/outside.h5",
        "package:one/../../outside.h5",
        "package:..\\outside.h5",
    ):
        with pytest.raises(WeightFileError, match="a path inside the package is expected"):
            fetch(record(hostile))


def test_the_error_says_what_was_tried_and_what_else_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = ["https://no-such-host.invalid/a.h5", "gopher://x", str(tmp_path / "missing.h5")]
    weights = record(*sources[:2])
    with pytest.raises(WeightFileError) as caught:
        fetch(weights)
    text = str(caught.value)
    assert "birealnet.test could not be had. Tried:" in text
    assert all(f"  {source}: " in text for source in sources[:2])
    assert f"may be put at {cached_path(weights)}" in text
    assert "the scheme 'gopher' is not known; there are package:, https:, http:, hf: and paths." in text
    near = record(sources[2], tag="near")
    monkeypatch.setattr("bnn_zoo.hub.registry.registered", lambda architecture=None: (weights, near))
    with pytest.raises(WeightFileError, match=r"Without a download there is: birealnet\.near"):
        fetch(weights)
    with pytest.raises(WeightFileError, match="no source is recorded"):
        fetch(record())


def test_a_file_that_was_put_there_by_hand(tmp_path: Path) -> None:
    weights = record("https://no-such-host.invalid/a.h5")
    path = cached_path(weights)
    path.parent.mkdir()
    path.write_bytes(DATA)
    assert fetch(weights) == path


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (("https://a/b",), True),
        (("hf://a/b/c", "http://a/b"), True),
        (("https://a/b", "package:a/b"), False),
        (("/a/b.h5",), False),
        (("C:\\a\\b.h5",), False),
        (("relative:odd/name.h5",), True),
        (("a/odd:name.h5",), False),
    ],
)
def test_what_needs_a_download(sources: tuple[str, ...], expected: bool) -> None:
    assert needs_download(WeightSet("birealnet", sources=sources)) == expected


def test_the_function_is_not_hidden_by_its_module() -> None:
    code = "import bnn_zoo.hub.fetch, bnn_zoo.hub; print(callable(bnn_zoo.hub.fetch))"
    assert printed_by(code) == "True"
    assert callable(fetch_function)


def test_importing_the_hub_is_light() -> None:
    code = """
import sys
import bnn_zoo.hub
heavy = {"tensorflow", "tf_keras", "larq", "numpy", "safetensors", "pooch", "requests", "huggingface_hub", "h5py", "rich"}
print(*sorted(heavy & set(sys.modules)))
bnn_zoo.hub.registered(), bnn_zoo.hub.resolve, bnn_zoo.hub.push_to_hub, bnn_zoo.hub.is_cached, bnn_zoo.hub.load_pretrained
print(*sorted((heavy - {"numpy", "safetensors"}) & set(sys.modules)))
"""
    assert printed_by(code) == ""


def test_importing_the_hub_is_quick() -> None:
    code = "import time; start = time.perf_counter(); import bnn_zoo.hub; print(time.perf_counter() - start)"
    # The best of several: other processes may have the machine.
    assert min(float(printed_by(code)) for _ in range(5)) < 0.1


def test_a_registry_that_cannot_be_had_is_not_in_the_way_of_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_ZOO_REGISTRY", str(tmp_path / "none.json"))
    path = tmp_path / "a.h5"
    path.write_bytes(DATA)
    assert resolve(str(path), "birealnet").sources == (str(path),)
    with pytest.raises(WeightFileError, match="does not have the recorded sha256"):
        fetch(record(str(path), sha256="0" * 64))
