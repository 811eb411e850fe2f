"""OpenVINO's counters are averages over all runs since compilation; what we show are the runs behind the first."""

from __future__ import annotations

import itertools
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("openvino")


class Request:
    """Counts as OpenVINO does. The first run of a compilation is slow, and names change from one compilation to the next."""

    def __init__(self, number: int, nodes: dict[str, float], later: float) -> None:
        self.number, self.nodes, self.later = number, nodes, later
        self.runs: list[float] = []

    def infer(self, inputs: Any) -> None:
        self.runs.append(self.later if self.runs else 1000.0)

    @property
    def profiling_info(self) -> list[Any]:
        average = sum(self.runs) / len(self.runs)
        return [
            SimpleNamespace(
                node_name=f"{kind}_{self.number}",
                node_type=kind,
                exec_type="jit",
                real_time=timedelta(microseconds=int(1e3 * average * share)),
            )
            for kind, share in self.nodes.items()
        ]


@pytest.mark.parametrize("disturbed", [None, 1])
def test_the_first_run_and_a_disturbed_round_do_not_count(disturbed: int | None) -> None:
    from bnn_zoo.deploy.openvino.counters import node_milliseconds

    compilations = itertools.count()

    def compiled() -> Any:
        number = next(compilations)
        request = Request(number, {"BinaryConvolution": 0.25, "Fused": 0.0, "Add": 0.5}, 50.0 if number == disturbed else 1.0)
        return SimpleNamespace(create_infer_request=lambda: request)

    found = node_milliseconds(compiled, np.zeros((1, 4, 4, 3), np.float32), repeats=30)
    assert [node[1] for node, _ in found] == ["BinaryConvolution", "Add"]
    assert [time for _, time in found] == pytest.approx([0.25, 0.5], abs=2e-3)
