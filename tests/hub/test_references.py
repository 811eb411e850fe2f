"""From what a user writes to a record: the grammar, what comes first, and errors that say what to do."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import pytest
from hub_server import HubServer
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from weight_files import DATA, files_of, write_weight_set

from bnn_zoo.hub import WeightFileError, WeightsError, WeightSet, fetch, resolve
from bnn_zoo.hub.hub_reference import HubFile, parse_hub_reference
from bnn_zoo.models import find_architecture

ALNUM = string.ascii_letters + string.digits
NAMES = st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9_]|[.-](?![.-])){0,20}[A-Za-z0-9]", fullmatch=True).filter(
    lambda name: ".." not in name and "--" not in name
)
WORDS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True).filter(lambda word: ".." not in word)
REVISIONS = st.none() | WORDS | st.lists(WORDS, min_size=2, max_size=3).map("/".join)
PARTS = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/\\"), min_size=1, max_size=12).filter(
    lambda part: part not in (".", "..")
)
PATHS = st.lists(PARTS, max_size=4).map("/".join)


@settings(max_examples=300, deadline=None)
@given(user=NAMES, name=NAMES, revision=REVISIONS, path=PATHS)
def test_what_is_written_is_read(user: str, name: str, revision: str | None, path: str) -> None:
    place = HubFile(f"{user}/{name}", revision, path)
    assert parse_hub_reference(str(place)) == place
    if not path:
        assert parse_hub_reference(str(place).removeprefix("hf://")) == place


@settings(max_examples=1000, deadline=None)
@given(st.text() | st.text(alphabet="/.@:-_ab~%2F\\\0\n ", max_size=30).map(lambda text: f"hf://{text}"))
@example("hf://a/b/../../c")
@example("hf://a/b@../c")
@example("hf://a/b@x%2F..%2Fy/c")
@example("a/b\n")
def test_any_text_is_a_harmless_place_or_none(text: str) -> None:
    place = parse_hub_reference(text)
    if place is None:
        return
    user, name = place.repo.split("/")
    for part in (user, name, *(place.revision or "main").split("/")):
        assert part.isascii() and part[0] in ALNUM + "_" and ".." not in part
    assert not place.path.startswith("/") and not set(place.path.split("/")) & {"", ".", ".."} - {place.path}
    assert not set(text) & set("\\\0\n")
    assert place.path == "" or text.startswith("hf://")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("user/repo", HubFile("user/repo", None, "")),
        ("user/repo@v1.0", HubFile("user/repo", "v1.0", "")),
        ("hf://user/repo", HubFile("user/repo", None, "")),
        ("hf://user/repo@v1/a/b.h5", HubFile("user/repo", "v1", "a/b.h5")),
        ("hf://user/repo@refs/pr/3/a", HubFile("user/repo", "refs/pr/3", "a")),
        ("hf://user/repo@feature%2Fx/a", HubFile("user/repo", "feature/x", "a")),
        ("hf://user/repo@feature/x", HubFile("user/repo", "feature", "x")),
        ("hf://user/re-po.x_y/ä b/c", HubFile("user/re-po.x_y", None, "ä b/c")),
        ("user/repo/path", None),
        ("user/repo@feature/x", None),
        ("user", None),
        ("../repo", None),
        ("user/..", None),
        ("user/repo@", None),
        ("user/repo@-x", None),
        ("us er/repo", None),
        ("https://user/repo", None),
        ("hf://hf://user/repo", None),
        ("", None),
    ],
)
def test_grammar(text: str, place: HubFile | None) -> None:
    assert parse_hub_reference(text) == place


# `resolve`


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(max_size=40).filter(lambda text: parse_hub_reference(text) is None),
    architecture=st.sampled_from([None, "birealnet", "BiRealNet"]),
)
@example("", None)
@example("\0", None)
@example("a" * 5000, None)
@example("a" * 5000 + ".h5", "birealnet")
@example("~nobody-of-that-name/x", "birealnet")
@example("\ud800", None)
@example(".h5", None)
@example("birealnet.", None)
@example(".", None)
@example("hf://", None)
@example("hf://a/../b", None)
@example("file:///etc/passwd", None)
@example("https://a/b.h5", "birealnet")
@example("/etc/passwd", "birealnet")
@example("/dev/null", "birealnet")
@example("/dev/zero.h5", "birealnet")
def test_any_text_is_a_record_or_one_of_two_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, architecture: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        found = resolve(text, architecture)
    except (ValueError, WeightsError) as error:
        assert len(str(error)) < 3000
    else:
        assert isinstance(found, WeightSet)


@pytest.mark.parametrize("reference", [None, False, 3, b"bytes", "", object(), ["a"], "a\0b"])
def test_what_is_no_reference(reference: Any) -> None:
    with pytest.raises(ValueError, match="is no reference.*a tag, a folder or file, or a Hub repository"):
        resolve(reference, "birealnet")


def test_true_and_tags() -> None:
    assert resolve(True, "birealnet").name == "birealnet.imagenet"
    assert resolve("imagenet", "BiRealNet") == resolve("birealnet.imagenet") == resolve("BiRealNet.imagenet")
    assert not resolve("imagenet", "birealnet", include_top=False).include_top
    assert resolve(resolve("birealnet.imagenet")) == resolve("birealnet.imagenet")
    with pytest.raises(ValueError, match="needs the name of an architecture"):
        resolve(True)
    with pytest.raises(ValueError, match="no weight set 'nowhere'; there are imagenet"):
        resolve("nowhere", "birealnet")
    with pytest.raises(ValueError, match="Did you mean birealnet"):
        resolve("birealnt.imagenet")
    with pytest.raises(ValueError, match="holds weights of birealnet, not of quicknet"):
        resolve(resolve("birealnet.imagenet"), "quicknet")
    assert resolve("birealnet.cifar10", "birealnet") == resolve("cifar10", "birealnet")
    assert resolve("BiRealNet.cifar10", "birealnet") == resolve("bi-real_net.cifar10", "birealnet") == resolve("birealnet.cifar10")
    with pytest.raises(ValueError, match="holds weights of quicknet_small, not of birealnet"):
        resolve("quicknet_small.cifar10", "birealnet")
    with pytest.raises(ValueError, match="birealnet has no weight set 'some.cifar10'; there are"):
        resolve("some.cifar10", "birealnet")


def test_a_folder_and_the_file_in_it(tmp_path: Path) -> None:
    weights = write_weight_set(tmp_path / "set")
    for reference in (tmp_path / "set", str(tmp_path / "set"), tmp_path / "set" / "model.safetensors"):
        found = resolve(reference)
        assert found.sha256 == weights.sha256
        assert found.sources == (str(tmp_path / "set" / "model.safetensors"),)
        assert fetch(found) == tmp_path / "set" / "model.safetensors"
    with pytest.raises(ValueError, match=r"holds weights of birealnet.*create_model\('birealnet'"):
        resolve(tmp_path / "set", "quicknet")


def test_bare_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, kind in {"a.h5": "keras-h5", "b.hdf5": "keras-h5", "c.safetensors": "packed", "model.safetensors": "packed"}.items():
        Path(name).write_bytes(DATA)
        for reference in (name, Path(name), tmp_path / name, f"./{name}"):
            found = resolve(reference, "binarynet")
            assert (found.architecture, found.format, found.sha256) == ("binarynet", kind, None)
            assert found.input_shape == find_architecture("binarynet").input_shape
            assert fetch(found).samefile(tmp_path / name)
        with pytest.raises(ValueError, match="needs the name of an architecture"):
            resolve(name)
    with pytest.raises(WeightFileError, match="there is no such file"):
        resolve("missing.h5", "binarynet")
    Path("weights.ckpt").write_bytes(DATA)
    with pytest.raises(WeightFileError, match=r"must end in \.safetensors, \.h5"):
        resolve("weights.ckpt", "binarynet")


def test_a_folder_of_this_machine_comes_before_the_hub(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    here, there = write_weight_set(Path("me/my-bnn"), 0), write_weight_set(tmp_path / "pushed", 1)
    hub.commit("me/my-bnn", files_of(tmp_path / "pushed"))
    assert resolve("me/my-bnn").sha256 == here.sha256
    assert hub.requests == []
    assert resolve("hf://me/my-bnn").sha256 == there.sha256
    assert resolve("me/my-bnn@main").sha256 == there.sha256


def test_a_folder_that_has_a_tags_name_is_not_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("imagenet").mkdir()
    assert resolve("imagenet", "birealnet").name == "birealnet.imagenet"
    with pytest.raises(WeightFileError, match=r"no weight set: there is no config\.json"):
        resolve(Path("imagenet"), "birealnet")
    with pytest.raises(WeightFileError, match=r"no weight set: there is no config\.json"):
        resolve("./imagenet", "birealnet")
    weights = write_weight_set(Path("imagenet"))
    assert resolve("imagenet", "birealnet").sha256 == weights.sha256
    Path("BiRealNet.cifar10").mkdir()
    for architecture in ("birealnet", None):
        assert resolve("BiRealNet.cifar10", architecture).name == "birealnet.cifar10"
    with pytest.raises(WeightFileError, match=r"no weight set: there is no config\.json"):
        resolve("./BiRealNet.cifar10", "birealnet")
    weights = write_weight_set(Path("BiRealNet.cifar10"))
    assert resolve("BiRealNet.cifar10").sha256 == weights.sha256


def test_a_file_that_has_a_tags_name_is_not_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("imagenet", "BiRealNet.cifar10"):
        Path(name).touch()
    assert resolve("imagenet", "birealnet").name == "birealnet.imagenet"
    assert resolve("BiRealNet.cifar10").name == "birealnet.cifar10"
    with pytest.raises(WeightFileError, match="a weight file's name must end in"):
        resolve("./imagenet", "birealnet")


def test_folders_and_files_of_a_repository(hub: HubServer, tmp_path: Path) -> None:
    weights = write_weight_set(tmp_path / "set")
    files = {f"sets/one/{name}": data for name, data in files_of(tmp_path / "set").items()}
    hub.commit("me/zoo", {**files, "bare.h5": DATA})
    for path in ("sets/one", "sets/one/model.safetensors", "sets/one/config.json"):
        found = resolve(f"hf://me/zoo@main/{path}")
        assert found.sha256 == weights.sha256
        assert fetch(found).stat().st_size == weights.bytes
    bare = resolve("hf://me/zoo/bare.h5", "quicknet")
    assert (bare.architecture, bare.format) == ("quicknet", "keras-h5")
    assert fetch(bare).read_bytes() == DATA
    with pytest.raises(ValueError, match="needs the name of an architecture"):
        resolve("hf://me/zoo/bare.h5")


@pytest.mark.parametrize("reference", ["./nowhere", "../nowhere", "/nowhere", "~/nowhere", "a/b/c", "C:\\nowhere", Path("nowhere")])
def test_paths_to_nowhere(reference: Any) -> None:
    with pytest.raises(WeightFileError, match=r"no such folder or file, and it is no Hub reference \(\[hf://\]USER/REPO"):
        resolve(reference, "birealnet")


@pytest.mark.parametrize("reference", ["hf://", "hf://user", "hf://user/../repo", "hf://user/repo//x", "hf://user/repo/../x"])
def test_hub_references_that_are_none(reference: str) -> None:
    with pytest.raises(WeightFileError, match="no Hub reference"):
        resolve(reference, "birealnet")
