"""A registry's JSON: what it may hold, and that its schema says the same."""

from __future__ import annotations

import copy
import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bnn_zoo.hub import WeightFileError
from bnn_zoo.hub.registry_file import key, parse_registry
from bnn_zoo.hub.sources.package import packaged_weights

WEIGHTS = packaged_weights()
SCHEMA = Draft202012Validator(json.loads((WEIGHTS / "registry.schema.json").read_text()))
REGISTRY = json.loads((WEIGHTS / "registry.json").read_text())
GOOD: dict[str, Any] = {
    "architecture": "birealnet",
    "arguments": {"filters": 8},
    "input_shape": [None, 32, 3],
    "num_classes": 10,
    "include_top": True,
    "tag": "mine",
    "preprocessing": {},
    "labels": ["a", "b"],
    "metrics": [{"name": "top-1", "value": 50.5, "dataset": "x", "measured_by": "y"}],
    "license": "MIT",
    "dataset": "x",
    "recipe": {"epochs": 3},
    "format": "packed",
    "sources": ["https://zoo.example/a.safetensors", "hf://me/repo@v1/a.safetensors", "package:a/b", "sub/a.safetensors"],
    "bytes": 12,
    "sha256": "0" * 64,
}


def registry_of(*entries: Any) -> dict[str, Any]:
    return {"registry_version": 1, "weight_sets": list(entries)}


def is_accepted(registry: Any) -> bool:
    """Whether the check at run time accepts a registry; the schema must say the same."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parse_registry(json.dumps(registry), "registry.json", Path("/zoo"))
    except WeightFileError as error:
        assert "registry.json" in str(error)
        assert len(str(error)) < 1500
        return False
    return True


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA.schema)
    SCHEMA.validate(REGISTRY)
    assert is_accepted(registry_of(GOOD))


BAD = {
    "architecture": ["", None, 3],
    "arguments": [[], "x", None],
    "input_shape": [[32, 32], [32, 32, None], [0, 32, 3], [32, 32, 3, 1], ["32", 32, 3], [True, 32, 3], [70000, 32, 3], "x", None],
    "num_classes": [0, -1, 1.5, "10", True, 2**31, None],
    "include_top": [0, "true", None],
    "tag": ["", "a/b", "..", "-x", "a b", 3, None],
    "preprocessing": [[], None],
    "labels": [3, [3], [None], None],
    "metrics": [
        {},
        [3],
        [{}],
        [{"name": "top-1", "value": 50, "dataset": "x"}],
        [{"name": "top-1", "value": 101, "dataset": "x", "measured_by": "y"}],
        [{"name": "top-1", "value": -0.5, "dataset": "x", "measured_by": "y"}],
        [{"name": "top-1", "value": "50", "dataset": "x", "measured_by": "y"}],
        [{"name": "top-1", "value": True, "dataset": "x", "measured_by": "y"}],
        [{"name": 1, "value": 50, "dataset": "x", "measured_by": "y"}],
        [{"name": "top-1", "value": 50, "dataset": "x", "measured_by": "y", "more": 1}],
        None,
    ],
    "license": [3, None],
    "dataset": [3, None],
    "recipe": ["x", None],
    "format": ["", 3, None],
    "sources": [
        [],
        "x",
        [3],
        [""],
        ["/etc/passwd"],
        ["../x"],
        ["a/../../x"],
        ["a/.."],
        ["./x"],
        ["~/x"],
        ["a\\..\\x"],
        ["C:/x"],
        ["C:\\x"],
        ["file:///etc/passwd"],
        ["ftp://host/x"],
        ["package:../x"],
        ["package:/etc/passwd"],
        ["hf://me/repo/../../x"],
        ["hf:///x"],
        ["https://"],
        ["https://a b"],
        ["a\0b"],
        ["a\nb"],
        None,
    ],
    "bytes": [-1, 1.5, "12", True, None],
    "sha256": ["", "0" * 63, "0" * 65, "G" * 64, "A" * 64, "../" + "0" * 61, 0, None],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in BAD.items() for value in values])
def test_a_wrong_value_is_refused_by_both(field: str, value: Any) -> None:
    registry = registry_of({**GOOD, field: value})
    assert not is_accepted(registry)
    assert not SCHEMA.is_valid(registry)


@pytest.mark.parametrize("field", GOOD)
def test_a_missing_field(field: str) -> None:
    registry = registry_of({name: value for name, value in GOOD.items() if name != field})
    required = field in ("architecture", "tag", "format", "sources", "sha256")
    assert is_accepted(registry) == SCHEMA.is_valid(registry) == (not required)


@pytest.mark.parametrize(
    ("sources", "accepted"),
    [
        (["hf://me/repo/a.h5"], True),
        (["hf://me/repo/a.h5", "hf://me/other/a.h5"], True),
        (["hf://me/repo/a.h5", "https://zoo.example/a.h5"], False),
        (["package:a/b"], False),
    ],
)
def test_only_the_hub_states_hashes_itself(sources: list[str], accepted: bool) -> None:
    registry = registry_of({name: value for name, value in {**GOOD, "sources": sources}.items() if name != "sha256"})
    assert is_accepted(registry) == SCHEMA.is_valid(registry) == accepted


@pytest.mark.parametrize("field", ["config_version", "keras_config", "surprise"])
def test_a_field_that_has_no_place(field: str) -> None:
    registry = registry_of({**GOOD, field: 1})
    assert not is_accepted(registry)
    assert not SCHEMA.is_valid(registry)


@pytest.mark.parametrize(
    "registry",
    [
        [],
        {},
        3,
        None,
        {"registry_version": 1},
        {"registry_version": 2, "weight_sets": []},
        {"registry_version": True, "weight_sets": []},
        {"registry_version": 1, "weight_sets": {}},
        {"registry_version": 1, "weight_sets": [], "more": 1},
        {"registry_version": 1, "weight_sets": [3]},
        {"registry_version": 1, "weight_sets": [[]]},
    ],
)
def test_a_wrong_registry_is_refused_by_both(registry: Any) -> None:
    assert not is_accepted(registry)
    assert not SCHEMA.is_valid(registry)


VALUES = st.sampled_from([value for values in BAD.values() for value in values] + list(GOOD.values()))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(list(GOOD)), VALUES, max_size=3), st.sets(st.sampled_from(list(GOOD)), max_size=2))
def test_schema_and_check_agree(changes: dict[str, Any], missing: set[str]) -> None:
    entry = {name: value for name, value in {**copy.deepcopy(GOOD), **changes}.items() if name not in missing}
    registry = registry_of(entry)
    assert is_accepted(registry) == SCHEMA.is_valid(registry)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab/.:\\~ -_%\x00\téhfpackgts", max_size=20) | st.text(max_size=10))
def test_schema_and_check_agree_on_sources(source: str) -> None:
    registry = registry_of({**GOOD, "sources": [source]})
    assert is_accepted(registry) == SCHEMA.is_valid(registry)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1,]", "\ufeff{}", "[" * 100_000, '{"registry_version": 1, "weight_sets": [], "weight_sets": []}', "NaN"],
    ids=["empty", "open", "comma", "mark", "deep", "twice", "constant"],
)
def test_a_registry_that_is_no_json(text: str) -> None:
    with pytest.raises(WeightFileError, match=r"the registry is no JSON|expected \{"):
        parse_registry(text, "registry.json")


def test_numbers_that_json_has_not() -> None:
    text = json.dumps(registry_of({**GOOD, "recipe": {"rate": float("nan")}}))
    with pytest.raises(WeightFileError, match="NaN"):
        parse_registry(text, "registry.json")


def test_an_entry_that_comes_twice() -> None:
    with pytest.raises(WeightFileError, match=r"weight set 1: birealnet\.mine comes twice"):
        parse_registry(json.dumps(registry_of(GOOD, {**GOOD, "bytes": 13})), "registry.json", Path("/zoo"))
    assert is_accepted(registry_of(GOOD, {**GOOD, "include_top": False}, {**GOOD, "tag": "other"}))


def test_paths_need_a_registry_that_is_a_file() -> None:
    text = json.dumps(registry_of({**GOOD, "sources": ["sub/a.h5"]}))
    assert parse_registry(text, "registry.json", Path("/zoo"))[0].sources == (str(Path("/zoo/sub/a.h5")),)
    with pytest.raises(WeightFileError, match=r"'sub/a\.h5' is a path"):
        parse_registry(text, "https://zoo.example/registry.json")


def test_a_network_of_a_newer_version_is_left_out() -> None:
    text = json.dumps(registry_of({**GOOD, "architecture": "transformer9000"}, {**GOOD, "architecture": "BiRealNet"}))
    with pytest.warns(UserWarning, match="weight set 0 is left out: there is no network named 'transformer9000'"):
        found = parse_registry(text, "registry.json", Path("/zoo"))
    assert [key(weights) for weights in found] == [("birealnet", "mine", True)]
