"""How commands show what they take."""

from __future__ import annotations

from typing import Any

import typer.core


def _shown_alike(parameters: list[Any]) -> list[Any]:
    for parameter in parameters:
        if getattr(parameter, "is_flag", False):
            parameter.metavar = ""  # typer names a type here, as if a switch took a value
        elif parameter.param_type_name == "argument" and parameter.metavar is None:
            parameter.metavar = (parameter.name or "").upper()
    return parameters


class Command(typer.core.TyperCommand):
    """A command whose switches show no type, and whose arguments are in capitals."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _shown_alike(super().get_params(ctx))


class Commands(typer.core.TyperGroup):
    """Commands of which the same holds."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _shown_alike(super().get_params(ctx))
