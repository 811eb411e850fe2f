"""The same network in larq-zoo, with a stand-in for that package."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from bnn_zoo.models.larq_zoo import larq_zoo_factory


def test_a_network_is_found_in_either_room_whatever_its_case(monkeypatch: pytest.MonkeyPatch) -> None:
    rooms = SimpleNamespace(literature=SimpleNamespace(BiRealNet="literature"), sota=SimpleNamespace(QuickNet="sota"))
    monkeypatch.setitem(sys.modules, "larq_zoo", rooms)  # type: ignore[arg-type]
    assert (larq_zoo_factory("birealnet"), larq_zoo_factory("Quick_Net")) == ("literature", "sota")
    with pytest.raises(ValueError, match="larq-zoo has no network 'reactnet18'"):
        larq_zoo_factory("reactnet18")


def test_without_larq_zoo_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "larq_zoo", None)
    with pytest.raises(ImportError, match="pip install --no-deps larq-zoo zookeeper typeguard"):
        larq_zoo_factory("birealnet")
