"""The cache: what lies in it, whether it is sound, and clearing it without touching what is others'."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest
from hub_server import FileServer
from weight_files import DATA, record

from bnn_zoo.download.folders import cache_folder, downloads_folder
from bnn_zoo.hub import WeightFileError, fetch, is_cached
from bnn_zoo.hub.cache import cached_files, cached_path, clear_cache, verify_cache


def put(content: bytes, ending: str = ".h5") -> Path:
    path = cache_folder() / f"{hashlib.sha256(content).hexdigest()}{ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.setenv("BNN_ZOO_CACHE", "~/elsewhere")
    assert cache_folder() == Path.home() / "elsewhere"
    monkeypatch.setenv("BNN_ZOO_CACHE", "~nobody-has-this-name/elsewhere")
    assert cache_folder() == Path("~nobody-has-this-name/elsewhere").absolute()
    for unset in ("", None):
        monkeypatch.setenv("BNN_ZOO_CACHE", unset) if unset is not None else monkeypatch.delenv("BNN_ZOO_CACHE")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
        assert cache_folder().name == "bnn_zoo"


def test_a_file_without_a_hash_has_no_place() -> None:
    with pytest.raises(WeightFileError, match="no sha256 is recorded"):
        cached_path(record("https://zoo.example/a.h5", sha256=None))
    with pytest.raises(WeightFileError, match="no sha256 is recorded"):
        fetch(record("https://zoo.example/a.h5", sha256=None))


def test_no_cache_is_an_empty_one() -> None:
    assert (cached_files(), verify_cache(), clear_cache()) == ([], [], 0)
    assert not cache_folder().exists()


def test_verifying() -> None:
    paths = [put(b"one"), put(b"two", ".safetensors"), put(b"three", ".json"), put(b"four"), put(b"five", ".pth")]
    paths[1].write_bytes(b"damaged")
    paths[2].write_bytes(b"")
    assert dict(verify_cache()) == {paths[0]: True, paths[1]: False, paths[2]: False, paths[3]: True, paths[4]: True}


@pytest.mark.parametrize("kind", ["packed", "keras-h5", "pytorch", "registry"])
def test_files_of_every_format_are_verified_and_cleared(file_server: FileServer, kind: str) -> None:
    path = fetch(record(file_server.add("a", DATA), format=kind))
    assert verify_cache() == [(path, True)]
    assert clear_cache() == len(DATA)
    assert not path.exists()


def test_clearing_takes_only_what_was_downloaded() -> None:
    mine = [put(b"one"), put(b"three", ".safetensors")]
    others = [
        cache_folder() / name
        for name in ("thesis.h5", "a" * 64, "tmp_results.csv", f"{'0' * 64}.txt", "x.lock", "model.safetensors")
    ]
    for path in others:
        path.write_bytes(b"precious")
    (cache_folder() / f"{'0' * 64}.h5").mkdir()
    downloads_folder().mkdir()
    running, abandoned = downloads_folder() / "tmprunning", downloads_folder() / "tmpold"
    running.write_bytes(b"12")
    abandoned.write_bytes(b"1234")
    os.utime(abandoned, (0, time.time() - 4000))
    assert clear_cache() == len(b"one") + len(b"three") + 4
    assert not any(path.exists() for path in (*mine, abandoned))
    assert all(path.read_bytes() == b"precious" for path in others)
    assert running.exists()


def test_what_failed_downloads_left_is_cleared_once_nobody_goes_on_with_it() -> None:
    whole = put(b"one")
    running, old, version = (whole.with_name(f"{name}.part") for name in ("0" * 64 + ".h5", "1" * 64 + ".h5", "2" * 64 + ".h5"))
    version = version.with_name(f"{version.name}.version")
    others = [whole.with_name("thesis.h5.part"), whole.with_name(f"{whole.name}.part.txt")]
    for path in (running, old, version, *others):
        path.write_bytes(b"12")
    for path in (old, version, *others):
        os.utime(path, (0, time.time() - 4000))
    assert cached_files() == [whole]
    assert clear_cache() == len(b"one") + 4
    assert sorted(whole.parent.iterdir()) == sorted([running, *others])


def test_a_file_that_cannot_be_removed_does_not_keep_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process removed it first, or it may not be removed."""
    paths = sorted(put(bytes([number])) for number in range(3))
    unlink = Path.unlink

    def refusing(path: Path, missing_ok: bool = False) -> None:
        if path == paths[0]:
            raise PermissionError("not yours")
        unlink(path)
        if path == paths[1]:
            unlink(paths[2])

    monkeypatch.setattr(Path, "unlink", refusing)
    assert clear_cache() == 1
    assert cached_files() == paths[:1]


def test_what_is_on_this_machine(tmp_path: Path, file_server: FileServer) -> None:
    (tmp_path / "a.h5").write_bytes(DATA)
    url = file_server.add("a.h5", DATA)
    assert is_cached(record(str(tmp_path / "a.h5")))
    assert is_cached(record("package:registry.json"))
    for missing in (
        record(),
        record(str(tmp_path / "b.h5")),
        record(str(tmp_path)),
        record("a" * 300),
        record("package:missing.h5"),
        record("package:../README.md"),
        record("hf://me/missing/a.h5"),
        record("hf://me"),
        record("gopher://a"),
        record(url, sha256=None),
        record(url),
    ):
        assert not is_cached(missing)
    assert file_server.requests == []
    fetch(record(url))
    assert is_cached(record("gopher://a", url))
