"""Publishing on a Hub over real sockets: checked before anything is sent, and what was sent loads again."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fresh_process import printed_by
from hub_server import HubServer
from huggingface_hub import ModelCard, constants
from small_network import outputs, small_network
from weight_files import files_of

from bnn_zoo._keras import keras
from bnn_zoo.hub import Metric, WeightFileError, WeightsError, fetch, load_pretrained, push_to_hub, resolve, save_pretrained
from bnn_zoo.hub.folder import read_config
from bnn_zoo.hub.sources.package import packaged_weights

REPO = "me/my-bnn"
FILES = {"config.json", "model.safetensors", "README.md"}


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "set"))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_pretrained(small_network(), tmp_path_factory.mktemp("saved"), tag="test", license="Apache-2.0")


def test_a_folder_goes_up_as_it_is(hub: HubServer, folder: Path) -> None:
    (folder / "notes.txt").write_text("not for others")
    url = push_to_hub(folder, REPO)
    held = hub.files(REPO)
    assert held.keys() - {".gitattributes"} == FILES
    assert all(held[name] == (folder / name).read_bytes() for name in FILES)
    commit = url.rpartition("/")[2]
    assert url == f"{hub.endpoint}/{REPO}/commit/{commit}"
    assert hub.files(REPO, commit) == held
    assert hub.is_lfs(REPO, "model.safetensors")
    assert not hub.is_private(REPO)
    assert fetch(resolve(f"{REPO}@{commit}")).read_bytes() == held["model.safetensors"]


def test_pushing_twice_the_same_makes_one_commit(hub: HubServer, folder: Path) -> None:
    assert push_to_hub(str(folder), REPO) == push_to_hub(folder, REPO)
    first = resolve(REPO)
    save_pretrained(small_network(1), folder)
    push_to_hub(folder, REPO, message="Trained for longer")
    assert resolve(REPO).sha256 != first.sha256
    assert fetch(first).stat().st_size == first.bytes, "the old revision stays"


def test_a_model_is_saved_and_pushed_and_pulled(hub: HubServer) -> None:
    model = small_network()
    push_to_hub(
        model,
        REPO,
        private=True,
        tag="mine",
        license="MIT",
        dataset="CIFAR-10",
        labels=[f"class {number}" for number in range(10)],
        metrics=[Metric("top-1", 81.25, "CIFAR-10 test", "a test"), Metric("top-5", 99.5, "CIFAR-10 test", "a test")],
    )
    assert hub.is_private(REPO)
    assert hub.files(REPO).keys() - {".gitattributes"} == FILES
    again = load_pretrained(REPO)
    np.testing.assert_array_equal(outputs(again), outputs(model))
    card = ModelCard(hub.files(REPO)["README.md"].decode())
    assert card.data.license == "mit"
    assert card.data.library_name == "bnn_zoo"
    assert card.data.pipeline_tag == "image-classification"
    assert {"binarized-neural-network", "larq"} <= set(card.data.tags)
    assert card.data.datasets == ["cifar10"]
    assert card.data.model_name == "birealnet.mine"
    found = {
        result.metric_name: (result.metric_type, result.metric_value, result.dataset_type) for result in card.data.eval_results
    }
    assert found == {"top-1 accuracy": ("accuracy", 0.8125, "cifar10"), "top-5 accuracy": ("accuracy", 0.995, "cifar10")}
    assert 'bnn_zoo.BiRealNet(pretrained="me/my-bnn")' in card.text


def test_a_network_that_is_not_of_the_zoo(hub: HubServer) -> None:
    model = keras.Sequential(
        [keras.layers.Flatten(input_shape=(32, 32, 3)), keras.layers.Dense(4, activation="softmax")], name="own"
    )
    push_to_hub(model, REPO, license="MIT")
    np.testing.assert_array_equal(outputs(load_pretrained(REPO)), outputs(model))
    card = ModelCard(hub.files(REPO)["README.md"].decode())
    assert 'bnn_zoo.load_pretrained("me/my-bnn")' in card.text
    assert card.data.eval_results is None


def test_a_branch(hub: HubServer, folder: Path) -> None:
    hub.add_repo(REPO)
    push_to_hub(folder, REPO, revision="feature/one")
    assert hub.files(REPO).keys() == {".gitattributes"}
    assert fetch(resolve(f"{REPO}@feature%2Fone")).read_bytes() == (folder / "model.safetensors").read_bytes()
    with pytest.raises(WeightFileError, match="no such file"):
        resolve(REPO)


def test_the_token_given_is_used(hub: HubServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "")
    push_to_hub(folder, REPO, token="hf_test", private=True)
    with pytest.raises(WeightFileError, match=r"private.*hf auth login"):
        resolve(REPO)
    monkeypatch.setenv("HF_TOKEN", "hf_test")
    assert resolve(REPO).tag == "test"


# Refused


@pytest.mark.parametrize(
    ("token", "repo", "advice"),
    [
        ("", REPO, "hf auth login"),
        ("hf_unknown", REPO, "hf auth login"),
        ("hf_test", "you/theirs", "a token that may write"),
    ],
)
def test_who_may_not_write(
    hub: HubServer, folder: Path, monkeypatch: pytest.MonkeyPatch, token: str, repo: str, advice: str
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(WeightsError, match=advice) as caught:
        push_to_hub(folder, repo)
    assert repo in str(caught.value)


def cut(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])


def change(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"?")


def reconfigure(folder: Path, **fields: Any) -> None:
    path = folder / "config.json"
    values = {**json.loads(path.read_text()), **fields}
    path.write_text(json.dumps({name: value for name, value in values.items() if value is not None or name == "architecture"}))


LAMBDA = {"class_name": "Lambda", "config": {}}


def no_tensors(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"no tensors")
    reconfigure(folder, bytes=None, sha256="d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut, "does not have the recorded sha256"),
        (change, "does not have the recorded sha256"),
        (no_tensors, "does not have the recorded sha256"),
        (lambda folder: (folder / "model.safetensors").unlink(), "no such file"),
        (lambda folder: (folder / "config.json").unlink(), r"there is no config\.json"),
        (lambda folder: (folder / "config.json").write_text("{"), "cannot be read as JSON"),
        (lambda folder: reconfigure(folder, sha256=None), "has no sha256"),
        (lambda folder: reconfigure(folder, format="keras-h5"), "not published"),
        (lambda folder: reconfigure(folder, architecture="resnet"), "no network named 'resnet'"),
        (lambda folder: reconfigure(folder, arguments={"depth": 3}), "no argument 'depth'"),
        (lambda folder: reconfigure(folder, architecture="quicknet", arguments=None), "more than fit into"),
        (lambda folder: reconfigure(folder, num_classes=9), r"head_dense.* is \(\d+, 10\) in the file but \(\d+, 9\)"),
        (lambda folder: reconfigure(folder, labels=["a", "b", "c"]), "labels has 3 names, but birealnet has 10 outputs"),
        (lambda folder: reconfigure(folder, labels="none"), "none"),
        (lambda folder: reconfigure(folder, preprocessing={"foo": 1}), "preprocessing lacks"),
        (lambda folder: reconfigure(folder, architecture=None, keras_config=LAMBDA), "holds code"),
        (lambda folder: (folder / "README.md").unlink(), "there is no model card"),
        (lambda folder: (folder / "README.md").write_text("# Only words"), "has no metadata"),
        (lambda folder: (folder / "README.md").write_text("---\n[: :\n---\n"), "metadata cannot be read"),
        (lambda folder: (folder / "README.md").write_bytes(b"\xff\xfe\xfd"), "metadata cannot be read"),
    ],
)
def test_nothing_is_sent_of_a_weight_set_that_is_not_whole(
    hub: HubServer, folder: Path, damage: Callable[[Path], Any], message: str
) -> None:
    damage(folder)
    with pytest.raises(WeightsError, match=message):
        push_to_hub(folder, REPO)
    assert hub.requests == []


def test_a_file_that_is_no_weight_file_though_its_hash_is_right(hub: HubServer, folder: Path) -> None:
    content = b"no tensors" * 1000
    (folder / "model.safetensors").write_bytes(content)
    reconfigure(folder, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    with pytest.raises(WeightFileError, match="not a readable weight file"):
        push_to_hub(folder, REPO)
    assert hub.requests == []


def test_a_card_that_the_hub_refuses(hub: HubServer, folder: Path) -> None:
    path = folder / "README.md"
    path.write_text(path.read_text().replace("license: apache-2.0", "license: My Own"))
    with pytest.raises(WeightsError, match="refuses the model card"):
        push_to_hub(folder, REPO)
    assert hub.requests == [("POST", "/api/validate-yaml")]


@pytest.mark.parametrize("repo", ["my-bnn", "me/", "../x", "me/my-bnn@v1", "hf://me/my-bnn", "me/my-bnn/x", "", None, 3])
def test_names_that_are_none(hub: HubServer, folder: Path, repo: Any) -> None:
    with pytest.raises(ValueError, match=r"repo_id=.* must be USER/REPO"):
        push_to_hub(folder, repo)
    assert hub.requests == []


def test_a_folder_takes_no_options(hub: HubServer, folder: Path) -> None:
    with pytest.raises(ValueError, match="license= describes a model"):
        push_to_hub(folder, REPO, license="MIT")
    assert hub.requests == []


def test_nobody_listens(hub: HubServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(WeightsError, match="cannot be reached"):
        push_to_hub(folder, REPO)


# Another process, which reads HF_ENDPOINT and HF_TOKEN for itself


def test_push_list_and_pull_in_a_new_process(hub_server: HubServer, folder: Path, tmp_path: Path) -> None:
    code = f"""
from huggingface_hub import HfApi
from bnn_zoo.hub import WeightsError, fetch, push_to_hub, resolve
print(push_to_hub({str(folder)!r}, "me/my-bnn", private=True))
print(*sorted(HfApi().list_repo_files("me/my-bnn")))
print(fetch(resolve("me/my-bnn")))
"""
    commit, files, path = printed_by(code).splitlines()
    assert commit.startswith(f"{hub_server.endpoint}/{REPO}/commit/")
    assert set(files.split()) == FILES | {".gitattributes"}
    assert Path(path).read_bytes() == (folder / "model.safetensors").read_bytes()
    refused = "from bnn_zoo.hub import *\ntry:\n    push_to_hub({!r}, 'me/my-bnn')\nexcept WeightsError as error:\n    print(error)"
    assert "HF_HUB_OFFLINE" in printed_by(refused.format(str(folder)), HF_HUB_OFFLINE="1")
    assert "hf auth login" in printed_by(refused.format(str(folder)), HF_TOKEN="")


def test_packaged_weight_sets_can_be_pushed_as_they_are(hub: HubServer) -> None:
    for config in packaged_weights().glob("*/config.json"):
        name = config.parent.name
        push_to_hub(config.parent, f"me/{name}")
        assert hub.files(f"me/{name}")["model.safetensors"] == files_of(config.parent)["model.safetensors"]
        assert resolve(f"me/{name}").sha256 == read_config(config.parent).sha256
