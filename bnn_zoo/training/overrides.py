"""A recipe's fields, changed by text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from bnn_zoo.training.idle_settings import refuse_idle, refuse_lost_steps
from bnn_zoo.training.recipe import Recipe
from bnn_zoo.training.stage import Stage

_SWITCHES = {"true": True, "false": False}

_KINDS = {bool: "true or false", int: "a whole number, as in 10", float: "a number, as in 0.01 or 1e-3"}


def override(recipe: Recipe, settings: Mapping[str, str]) -> Recipe:
    """A recipe with single fields changed, values given as text.

    Args:
        recipe: to start from.
        settings: field to value, as in {"epochs": "10"}; `arguments.filters` for an argument of the architecture, in JSON;
            `STAGE.epochs` and its like for a stage's own fields and settings; `rate_steps` as in "30:0.1,40:0.01". A field of the
            recipe is that of the stages that do not set it themselves; see `kept_by_stages`.

    Raises:
        ValueError: for a field that a recipe does not have, or that all of its stages set themselves; a value of the wrong kind, or
            one that would change nothing in the run.
    """
    values: dict[str, Any] = {}
    arguments = dict(recipe.arguments)
    stages = {stage.name: stage for stage in recipe.stages}
    for name, text in settings.items():
        part, dot, inner = name.partition(".")
        if dot and part == "arguments":
            arguments[inner] = _json(name, text)
        elif dot and part in stages:
            stages[part] = _changed(stages[part], inner, text)
        elif name == "epochs" and stages:
            raise ValueError(f"{recipe.name} has stages; set {' or '.join(f'{stage}.epochs' for stage in stages)}.")
        else:
            values[name] = _value(Recipe, name, text)
    for name in values if stages else ():
        if all(name in stage.settings for stage in stages.values()):
            own = " or ".join(f"{stage}.{name}" for stage in stages)
            raise ValueError(f"{recipe.name} has stages, all of which have a {name} of their own; set {own}.")
    if stages:
        values |= {"stages": tuple(stages.values()), "epochs": sum(stage.epochs for stage in stages.values())}
    refuse_lost_steps(recipe, values, settings)
    changed = replace(recipe, arguments=arguments, **values)
    refuse_idle(changed, settings)
    return changed


def kept_by_stages(recipe: Recipe, settings: Mapping[str, str]) -> list[str]:
    """What was set for a whole recipe, and stages have otherwise: their own value stays, since it is of another kind of training.

    Args:
        recipe: changed.
        settings: by which it was changed, as `override` takes them.

    Returns:
        A line for each such value, with what would change it.
    """
    return [
        f"{name}={text} is not for stage {stage.name}, which keeps its own {stage.settings[name]}; "
        f"{stage.name}.{name} would change it."
        for name, text in settings.items()
        for stage in recipe.stages
        if name in stage.settings and f"{stage.name}.{name}" not in settings
    ]


def _changed(stage: Stage, name: str, text: str) -> Stage:
    if name in {entry.name for entry in fields(Stage)}:
        return replace(stage, **{name: _value(Stage, name, text)})
    return replace(stage, settings={**stage.settings, name: _value(Recipe, name, text)})


def _value(kind: type[Recipe] | type[Stage], name: str, text: str) -> Any:
    defaults: dict[str, Any] = {entry.name: entry.default for entry in fields(kind)} | {"name": "", "epochs": 1}
    fixed = {"name", "arguments", "stages", "settings", "attention"}
    if name not in defaults or name in fixed:
        known = ", ".join(sorted(set(defaults) - fixed))
        raise ValueError(f"a {kind.__name__.lower()} has no field {name!r} to set; it has {known}.")
    if name == "rate_steps":
        return _rate_steps(text)
    wanted = type(defaults[name])
    try:
        return _SWITCHES[text.lower()] if wanted is bool else wanted(text)
    except (KeyError, ValueError) as error:
        raise ValueError(f"{name}={text!r}: expected {_KINDS[wanted]}.") from error


def _rate_steps(text: str) -> tuple[tuple[int, float], ...]:
    try:
        pairs = [entry.split(":") for entry in text.split(",") if entry]
        return tuple((int(epoch), float(share)) for epoch, share in pairs)
    except ValueError as error:
        raise ValueError(f"rate_steps={text!r}: expected EPOCH:SHARE with commas between them, as in 30:0.1,40:0.01.") from error


def _json(name: str, text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ValueError(f'{name}={text!r}: expected a JSON value, as in 32 or [4, 4] or "cifar".') from error
    return tuple(value) if isinstance(value, list) else value
