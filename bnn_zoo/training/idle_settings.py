"""Settings that would change nothing in a run: refused with the reason, so that nobody waits for what they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bnn_zoo.training.recipe import Recipe, idle, recipe_of
from bnn_zoo.training.stage import Stage


def refuse_idle(recipe: Recipe, settings: Mapping[str, str]) -> None:
    """Sees that fields that were set have a say in the run.

    Args:
        recipe: with the fields as they were set.
        settings: as `override` takes them.

    Raises:
        ValueError: for the first that has none, with the reason.
    """
    _check(_idle(recipe), "", settings)
    for stage in recipe.stages:
        _check(_idle_in(recipe, stage), f"{stage.name}.", settings)


def refuse_lost_steps(recipe: Recipe, values: Mapping[str, Any], settings: Mapping[str, str]) -> None:
    """Sees that the rate's steps are in the run where only its epochs were set.

    Args:
        recipe: before anything was set.
        values: fields and what they are set to.
        settings: as `override` takes them.

    Raises:
        ValueError: if there are fewer epochs than the steps are made for, with steps that fit.
    """
    runs = [("", recipe.epochs, recipe.rate_steps)]
    if recipe.stages:
        runs = [(f"{stage.name}.", stage.epochs, recipe_of(recipe, stage).rate_steps) for stage in recipe.stages]
    now = [stage.epochs for stage in values["stages"]] if recipe.stages else [values.get("epochs", recipe.epochs)]
    for (prefix, epochs, steps), left in zip(runs, now, strict=True):
        if not steps or not 0 < left <= steps[-1][0] or {f"{prefix}rate_steps", f"{prefix}schedule", "rate_steps"} & set(settings):
            continue
        scaled = {max(round(epoch * left / epochs), 1): share for epoch, share in steps}
        fitting = ",".join(f"{epoch}:{share:g}" for epoch, share in scaled.items() if epoch < left)
        advice = f"{prefix}rate_steps={fitting}" if fitting else f"{prefix}schedule=constant and {prefix}rate_steps= (none)"
        raise ValueError(
            f"{prefix}epochs={left} leaves out steps of the learning rate of {recipe.name}, the last one at {steps[-1][0]}; "
            f"set also {advice}."
        )


def _idle(recipe: Recipe) -> dict[str, str]:
    """As `idle`, and with those fields that only stages with a value of their own would take."""
    found = idle(recipe)
    for name in {name for stage in recipe.stages for name in stage.settings}:
        takers = [_idle_in(recipe, stage) for stage in recipe.stages if name not in stage.settings]
        if takers and all(name in without for without in takers):
            found.setdefault(name, f"in the stages that have no {name} of their own, {takers[0][name]}")
    return found


def _idle_in(recipe: Recipe, stage: Stage) -> dict[str, str]:
    found = idle(recipe_of(recipe, stage))
    if not stage.logits_weight:
        found["temperature"] = "nothing is learned from a teacher's logits, by logits_weight"
    if not stage.label_weight:
        found["label_smoothing"] = "nothing is learned from labels, by label_weight"
    return found


def _check(without: Mapping[str, str], prefix: str, settings: Mapping[str, str]) -> None:
    for name in (f"{prefix}{field}" for field in without):
        # What switches something off may be said of what is off.
        if settings.get(name, "same") not in ("same", "0", "0.0"):
            why = without[name.removeprefix(prefix)]
            raise ValueError(f"{name}={settings[name]} would change nothing: {why}; leave it out, or set what it is for.")
