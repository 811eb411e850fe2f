"""Names that are loaded when they are first used (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from bnn_zoo._did_you_mean import did_you_mean


def lazy_names(
    package: str, homes: Mapping[str, str], public: Sequence[str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """A package's `__getattr__` and `__dir__`.

    Args:
        package: its name.
        homes: for each name the module in the package where it lives; empty for a name that is a module itself.
        public: all names that `dir()` shows, those that are loaded at once among them.
    """

    def get(name: str) -> Any:
        if name not in homes:
            advice = "" if name.startswith("_") else f". {did_you_mean(name, public, f'dir({package}) names all.', str.lower)}"
            raise AttributeError(f"module {package!r} has no attribute {name!r}{advice}")
        home = homes[name]
        value = getattr(import_module(f"{package}.{home}"), name) if home else import_module(f"{package}.{name}")
        vars(sys.modules[package])[name] = value
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *public})

    return get, names
