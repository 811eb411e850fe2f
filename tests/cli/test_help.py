"""What the help shows, and that options that mean the same have the same names in all commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from bnn_zoo.cli.app import app
from bnn_zoo.cli.measurements import chosen_form


def _commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        yield (*words, name), command
        if hasattr(command, "commands"):
            yield from _commands(command, (*words, name))


COMMANDS = dict([((), get_command(app)), *_commands(get_command(app))])


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_switches_show_no_type_and_arguments_are_in_capitals(words: tuple[str, ...]) -> None:
    text = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "120"}).output
    assert "--help" in text and "bool" not in text.lower(), text
    usage = text.partition("Usage:")[2].partition("\n")[0].partition("[OPTIONS]")[2]
    assert not re.search("[a-z]", usage), usage


@pytest.mark.parametrize(
    ("names", "count"),
    [
        ({"--size", "--input-size"}, 6),
        ({"--batch", "--batch-size"}, 4),
        ({"--repeats", "--rounds"}, 3),
    ],
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else str(value),
)
def test_options_that_mean_the_same_have_all_of_their_names(names: set[str], count: int) -> None:
    found = [set(option.opts) for command in COMMANDS.values() for option in command.params if names & set(option.opts)]
    assert len(found) == count and all(names <= option for option in found)


def test_what_writes_rows_writes_json_by_both_names() -> None:
    for words in (("bench",), ("train-bench",)):
        assert {"--json", "--format"} <= {name for option in COMMANDS[words].params for name in option.opts}
    assert [chosen_form("table", False), chosen_form("csv", False), chosen_form("table", True)] == ["table", "csv", "json"]
    with pytest.raises(ValueError, match="--format csv and --json"):
        chosen_form("csv", True)


def test_the_help_of_finetune_tells_whose_epochs_are_set() -> None:
    (setting,) = [option for option in COMMANDS[("finetune",)].params if "--set" in option.opts]
    assert "epochs=5 of both" in setting.help
