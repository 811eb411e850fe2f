"""A folder belongs to the runs that were begun in it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from bnn_zoo.training import Recipe, Stage
from bnn_zoo.training.claim import claim_folder

STAGES = (Stage("first", 1, binarize="activations"), Stage("second", 2, start="first", settings={"learning_rate": 0.1}))
RECIPE = Recipe("birealnet.noise", arguments={"section_blocks": (1, 1)}, epochs=3, stages=STAGES)


def test_a_folder_is_claimed_once_and_refused_to_others(tmp_path: Path) -> None:
    path = tmp_path / "new" / "run" / "recipe.json"
    claim_folder(path, {"epochs": 2}, "a run of another recipe")
    text, written = path.read_text(), path.stat().st_mtime_ns
    claim_folder(path, {"epochs": 2}, "a run of another recipe")
    assert path.stat().st_mtime_ns == written, "what is there already is not written again"
    with pytest.raises(ValueError, match=r"run holds a run of another recipe \(recipe.json: epochs is 2 in it and 3 now\); choose"):
        claim_folder(path, {"epochs": 3}, "a run of another recipe")
    assert path.read_text() == text


def test_a_machine_that_does_not_write_only_looks(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    claim_folder(path, {"epochs": 2}, "another run", write=False)
    assert not path.exists()
    claim_folder(path, {"epochs": 2}, "another run")
    with pytest.raises(ValueError, match="another run"):
        claim_folder(path, {"epochs": 3}, "another run", write=False)


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b'{"epochs": 2', b"[" * 100_000, b"[2]", b"null"])
def test_a_damaged_file_bars_the_folder(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"holds a run of another recipe \(recipe.json: it is damaged, .+\); choose"):
        claim_folder(path, {"epochs": 2}, "a run of another recipe")
    assert path.read_bytes() == content


def _claimed(path: Path) -> Any:
    claim_folder(path, RECIPE, "a run of another recipe")
    return json.loads(path.read_text())


def test_fields_that_an_earlier_version_did_not_have_count_as_their_defaults(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    values = _claimed(path)
    del values["cutout"], values["rate_steps"], values["stages"][0]["cooling"], values["stages"][0]["settings"]
    path.write_text(json.dumps(values))
    claim_folder(path, RECIPE, "a run of another recipe")
    with pytest.raises(ValueError, match=r"cutout is 0.0 in it and 0.5 now"):
        claim_folder(path, dataclasses.replace(RECIPE, cutout=0.5), "a run of another recipe")
    cooled = dataclasses.replace(RECIPE, stages=(STAGES[0], dataclasses.replace(STAGES[1], cooling=0.5)))
    with pytest.raises(ValueError, match=r"stages\[1\].cooling is 0.0 in it and 0.5 now"):
        claim_folder(path, cooled, "a run of another recipe")


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("epochs", 4, "epochs is 4 in it and 3 now"),
        ("name", None, 'name is null in it and "birealnet.noise" now'),
        ("arguments", {"section_blocks": [1, 2]}, "arguments.section_blocks[1] is 2 in it and 1 now"),
        ("arguments", {}, "arguments.section_blocks is missing in it and [1, 1] now"),
        ("arguments", {"section_blocks": [1, 1, 1]}, "arguments.section_blocks[2] is 1 in it and missing now"),
        ("stages", [], "stages[0] is missing in it and {"),
        ("stages", 2, "stages is 2 in it and [{"),
        ("a_later_versions", 7, "a_later_versions is 7 in it and missing now"),
    ],
)
def test_what_differs_is_told(field: str, value: Any, told: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps(_claimed(path) | {field: value}))
    with pytest.raises(ValueError) as caught:
        claim_folder(path, RECIPE, "a run of another recipe")
    assert f"(recipe.json: {told}" in str(caught.value) and len(str(caught.value)) < 400 + len(str(tmp_path))


def test_a_field_that_must_be_given_has_no_default(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text("{}")
    with pytest.raises(ValueError, match='name is missing in it and "birealnet.noise" now'):
        claim_folder(path, RECIPE, "a run of another recipe")
