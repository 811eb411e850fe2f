"""BNN_ZOO_REGISTRY: registries of others, laid over the package's own."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hub_server import FileServer, HubServer
from hypothesis import given, settings
from hypothesis import strategies as st
from weight_files import DATA

from bnn_zoo.hub import WeightFileError, fetch, find_weight_set, registered
from bnn_zoo.hub.overlays import split_places

SHA256 = hashlib.sha256(DATA).hexdigest()


def entry(tag: str = "mine", source: str = "sub/a.h5", **fields: Any) -> dict[str, Any]:
    return {"architecture": "birealnet", "tag": tag, "format": "keras-h5", "sources": [source], "sha256": SHA256, **fields}


def text(*entries: Any) -> bytes:
    return json.dumps({"registry_version": 1, "weight_sets": entries}).encode()


@pytest.fixture
def lay(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda *places: monkeypatch.setenv("BNN_ZOO_REGISTRY", ":".join(map(str, places)))


URLS = st.builds(
    lambda scheme, host, port, path: f"{scheme}://{host}{port}/{path}#sha256={SHA256}",
    st.sampled_from(["http", "https"]),
    st.sampled_from(["zoo.example", "127.0.0.1", "[::1]"]),
    st.sampled_from(["", ":8443"]),
    st.from_regex(r"[a-z/.?=&:;-]{0,12}", fullmatch=True),
)
FILES = (
    st.from_regex(r"[a-zA-Z0-9_./ -]*[a-zA-Z0-9_./-]", fullmatch=True)
    .map(str.strip)
    .filter(lambda path: path and not path.startswith(("http:", "https:")))
)
IN_REPOS = st.builds(
    "hf://{}/{}{}/{}".format, *[st.from_regex("[a-z]{1,5}", fullmatch=True)] * 2, st.sampled_from(["", "@v1"]), FILES
)


@settings(max_examples=300, deadline=None)
@given(places=st.lists(URLS | FILES | IN_REPOS, max_size=5), separator=st.sampled_from(":;"))
def test_lists_are_taken_apart(places: list[str], separator: str) -> None:
    assert split_places(separator.join(places), separator) == places
    assert split_places(f"{separator}{separator}".join(["", *places, ""]), separator) == places


@pytest.mark.parametrize(
    "places",
    [
        "https://zoo.example/registry.json",
        "https://zoo.example/registry.json#sha256=12",
        f"https://zoo.example/registry.json#md5={SHA256}",
        f"a.json:https://zoo.example/registry.json:hf://a/b#sha256={SHA256}0",
        "http://",
    ],
)
def test_urls_need_a_hash(places: str) -> None:
    with pytest.raises(WeightFileError, match="BNN_ZOO_REGISTRY has .* needs its hash"):
        split_places(places, ":")


def test_a_registry_on_this_machine(tmp_path: Path, lay: Any) -> None:
    before = registered()
    (tmp_path / "zoo" / "sub").mkdir(parents=True)
    (tmp_path / "zoo" / "sub" / "a.h5").write_bytes(DATA)
    (tmp_path / "zoo" / "registry.json").write_bytes(text(entry()))
    lay(tmp_path / "zoo" / "registry.json")
    assert len(registered()) == len(before) + 1
    assert fetch(find_weight_set("birealnet", "mine")) == tmp_path / "zoo" / "sub" / "a.h5"


def test_later_registries_count(tmp_path: Path, lay: Any) -> None:
    before = registered()
    names = ("one.json", "two.json")
    (tmp_path / "one.json").write_bytes(text(entry("imagenet", license="one"), entry("mine", license="one")))
    (tmp_path / "two.json").write_bytes(text(entry("mine", license="two"), entry("mine", license="notop", include_top=False)))
    lay(*(tmp_path / name for name in names))
    assert len(registered()) == len(before) + 2
    assert find_weight_set("birealnet", "imagenet").license == "one"
    assert find_weight_set("birealnet", "imagenet", include_top=False).license == "Apache-2.0"
    assert find_weight_set("birealnet", "mine").license == "two"
    assert find_weight_set("birealnet", "mine", include_top=False).license == "notop"
    # What replaces an entry takes its place.
    assert [weights.name for weights in registered()][: len(before)] == [weights.name for weights in before]


def test_a_registry_at_a_url(file_server: FileServer, lay: Any, tmp_path: Path) -> None:
    content = text(entry(source=file_server.add("a.h5", DATA)))
    url = file_server.add("registry.json", content)
    lay(f"{url}#sha256={hashlib.sha256(content).hexdigest().upper()}")
    assert fetch(find_weight_set("birealnet", "mine")).read_bytes() == DATA
    assert file_server.hits("registry.json") == 1
    assert {path.suffix for path in (tmp_path / "cache").iterdir()} == {"", ".h5", ".json"}


def test_another_content_than_its_hash_says(file_server: FileServer, lay: Any) -> None:
    url = file_server.add("registry.json", text(entry()))
    lay(f"{url}#sha256={SHA256}")
    with pytest.raises(WeightFileError, match=r"(?s)BNN_ZOO_REGISTRY names a registry that cannot be used.*recorded sha256"):
        registered()


def test_a_registry_in_a_repository(hub: HubServer, lay: Any) -> None:
    hub.commit("me/zoo", {"lists/registry.json": text(entry(source="hf://me/zoo/a.h5", license="old")), "a.h5": DATA})
    hub.tag("me/zoo", "v1")
    hub.commit("me/zoo", {"lists/registry.json": text(entry(source="hf://me/zoo/a.h5", license="new"))})
    for place, license in (("hf://me/zoo/lists/registry.json", "new"), ("hf://me/zoo@v1/lists/registry.json", "old")):
        lay(place)
        assert find_weight_set("birealnet", "mine").license == license
        assert fetch(find_weight_set("birealnet", "mine")).read_bytes() == DATA


@pytest.mark.parametrize("source", ["../a.h5", "/etc/passwd", "~/a.h5", "a/../../b", "file:///etc/passwd", "C:\\a.h5"])
def test_hostile_paths(tmp_path: Path, lay: Any, source: str) -> None:
    (tmp_path / "registry.json").write_bytes(text(entry(source=source)))
    lay(tmp_path / "registry.json")
    with pytest.raises(WeightFileError, match="BNN_ZOO_REGISTRY.*is refused"):
        registered()


def test_paths_in_registries_of_others(hub: HubServer, lay: Any) -> None:
    hub.commit("me/zoo", {"registry.json": text(entry(source="sub/a.h5"))})
    lay("hf://me/zoo/registry.json")
    with pytest.raises(WeightFileError, match="is a path, which only a registry that is itself a file"):
        registered()


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", text({"architecture": "birealnet"}), text(entry(sha256="../x"))])
def test_registries_that_are_none(tmp_path: Path, lay: Any, content: bytes) -> None:
    (tmp_path / "registry.json").write_bytes(content)
    lay(tmp_path / "registry.json")
    with pytest.raises(WeightFileError, match=r"BNN_ZOO_REGISTRY names a registry that cannot be used.*registry\.json"):
        registered()


@pytest.mark.parametrize(
    "place", ["missing.json", "~nobody-has-this-name/a.json", ".", "hf://me/zoo", "hf://me", "hf://me/zoo/../x"]
)
def test_registries_that_are_not_there(
    hub: HubServer, lay: Any, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lay(place)
    with pytest.raises(WeightFileError, match="BNN_ZOO_REGISTRY names a registry that cannot be used"):
        registered()
