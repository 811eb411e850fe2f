"""Packaged weight sets on their way into the registry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fresh_process import printed_by
from weight_files import write_weight_set

from bnn_zoo.hub import WeightFileError
from bnn_zoo.hub.registry_file import parse_registry
from bnn_zoo.hub.registry_update import registry_entry, update_registry
from bnn_zoo.hub.sources.package import packaged_weights
from bnn_zoo.hub.weight_set import to_json

OTHER = {
    "architecture": "quicknet",
    "tag": "imagenet",
    "format": "keras-h5",
    "sources": ["https://zoo.example/a.h5"],
    "sha256": "0" * 64,
}


def test_an_entry_is_the_configuration_with_where_the_file_is(tmp_path: Path) -> None:
    weights = write_weight_set(tmp_path / "birealnet-cifar10")
    entry = registry_entry(tmp_path / "birealnet-cifar10")
    expected = {**to_json(weights), "sources": ["package:birealnet-cifar10/model.safetensors"]}
    del expected["config_version"]
    assert entry == json.loads(json.dumps(expected))


def test_updating_replaces_what_is_packaged_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "registry.json"
    path.write_text(json.dumps({"$schema": "registry.schema.json", "registry_version": 1, "weight_sets": [OTHER]}))
    assert update_registry(tmp_path) == []
    first = path.read_bytes()
    write_weight_set(tmp_path / "one", tag="one")
    write_weight_set(tmp_path / "two", tag="two")
    (tmp_path / "notes").mkdir()
    for _ in range(2):
        assert update_registry(tmp_path) == ["birealnet.one", "birealnet.two"]
        found = parse_registry(path.read_text(), str(path))
        assert [weights.name for weights in found] == ["quicknet.imagenet", "birealnet.one", "birealnet.two"]
    changed = write_weight_set(tmp_path / "one", seed=5, tag="changed")
    update_registry(tmp_path)
    assert parse_registry(path.read_text(), str(path))[1].sha256 == changed.sha256
    for folder in ("one", "two"):
        (tmp_path / folder / "config.json").unlink()
    update_registry(tmp_path)
    assert path.read_bytes() == first


def test_a_damaged_weight_set_is_not_registered(tmp_path: Path) -> None:
    path = tmp_path / "registry.json"
    path.write_text(json.dumps({"registry_version": 1, "weight_sets": [OTHER]}))
    before = path.read_bytes()
    write_weight_set(tmp_path / "one")
    (tmp_path / "one" / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(WeightFileError, match="does not have the recorded sha256"):
        update_registry(tmp_path)
    write_weight_set(tmp_path / "one", tag=None)
    with pytest.raises(WeightFileError, match="needs an architecture, a tag and a sha256"):
        update_registry(tmp_path)
    assert path.read_bytes() == before


def test_the_packages_own_registry_is_up_to_date() -> None:
    path = packaged_weights() / "registry.json"
    registry = json.loads(path.read_text())
    packaged = [registry_entry(config.parent) for config in sorted(packaged_weights().glob("*/config.json"))]
    of_others = [entry for entry in registry["weight_sets"] if not any(s.startswith("package:") for s in entry["sources"])]
    assert registry["weight_sets"] == [*of_others, *packaged], "run python -m bnn_zoo.hub.registry_update"


def test_the_command_can_be_imported_without_tensorflow() -> None:
    assert printed_by("import sys, bnn_zoo.hub.registry_update; print('tensorflow' in sys.modules)") == "False"
