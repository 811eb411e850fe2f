"""The weight sets that are known by name: the packaged ones and those of the papers' authors are in the registry."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from bnn_zoo.hub import WeightSet, find_weight_set, registered
from bnn_zoo.hub.checkpoints import checkpoints_of
from bnn_zoo.hub.folder import CONFIG, TENSORS, read_config
from bnn_zoo.hub.formats.pytorch_names import authors_names
from bnn_zoo.hub.hashing import file_sha256
from bnn_zoo.hub.sources.package import packaged_weights
from bnn_zoo.models import architectures, find_architecture

WEIGHTS = packaged_weights()


def test_the_imagenet_weights_of_larq_zoo() -> None:
    published = [weights for weights in registered() if weights.tag == "imagenet" and weights.format == "keras-h5"]
    assert len(published) == 28
    assert sum(weights.include_top for weights in published) == 14
    for weights in published:
        assert weights.sha256 and weights.license and weights.preprocessing
        assert [metric.name for metric in weights.metrics] == ["top-1", "top-5"]
        assert weights.sources[0].startswith("https://github.com/larq/zoo/releases/download/")


def test_packaged_weight_sets_are_registered_as_they_lie_there() -> None:
    folders = {config.parent.name: config.parent for config in WEIGHTS.glob(f"*/{CONFIG}")}
    entries = {weights.sources[0]: weights for weights in registered() if any(s.startswith("package:") for s in weights.sources)}
    assert entries.keys() == {f"package:{name}/{TENSORS}" for name in folders}
    for name, folder in folders.items():
        source = f"package:{name}/{TENSORS}"
        tensors = folder / TENSORS
        expected = dataclasses.replace(
            read_config(folder), sources=(source,), bytes=tensors.stat().st_size, sha256=file_sha256(tensors)
        )
        assert entries[source] == expected


@pytest.mark.parametrize("weights", [w for w in registered() if w.format == "pytorch"], ids=lambda w: w.name)
def test_the_authors_weights_fit_their_network(weights: WeightSet) -> None:
    """The figures that the registry repeats are those of the network's own file, and its arguments are the network's."""
    entry = find_architecture(weights.architecture or "")
    assert set(weights.arguments) <= set(entry.defaults) and authors_names(entry.name)
    dataset = {"imagenet": "imagenet", "cifar10": "cifar10"}[weights.tag or ""]
    assert [metric.value for metric in weights.metrics] == [p.top1 for p in entry.published if p.dataset == dataset]
    assert all(source.startswith("hf://Ruichen0424/AB-BNN/models/") for source in weights.sources)


def test_checkpoints_on_a_drive_come_with_what_to_do() -> None:
    with_checkpoint = [name for name in architectures() if checkpoints_of(name)]
    assert {"reactnet18", "reactnet_a"} <= set(with_checkpoint)
    for name in with_checkpoint:
        assert authors_names(name)  # the command can read them
        for checkpoint in checkpoints_of(name):
            assert checkpoint.page.startswith("https://") and f"--architecture {name} " in checkpoint.command
    with pytest.raises(ValueError, match=r"for a browser to fetch from https://\S+; .*hub convert FILE --architecture reactnet_a"):
        find_weight_set("reactnet_a", "imagenet")


def test_the_default_is_imagenet_else_what_needs_no_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_weight_set("birealnet").tag == "imagenet"
    assert not [weights for weights in registered("binarynet") if weights.tag == "imagenet"]
    here, there = ["a.safetensors"], ["https://zoo.example/a.safetensors"]
    usual = {"architecture": "binarynet", "format": "packed", "sha256": "0" * 64}
    entries = [{**usual, "tag": tag, "sources": sources} for tag, sources in (("far", there), ("near", here))]
    (tmp_path / "registry.json").write_text(json.dumps({"registry_version": 1, "weight_sets": entries}))
    monkeypatch.setenv("BNN_ZOO_REGISTRY", str(tmp_path / "registry.json"))
    if not any(weights.tag not in ("far", "near") for weights in registered("binarynet")):
        assert find_weight_set("binarynet").tag == "near"
    with pytest.raises(ValueError, match=r"no weight set 'x'; there are .*far, near"):
        find_weight_set("binarynet", "x")
