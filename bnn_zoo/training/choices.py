"""What may be chosen for a run. Importing this costs nothing, so that the command line can name it and still answer quickly."""

from __future__ import annotations

from typing import Literal

#: See `make_strategy`.
StrategyName = Literal["auto", "one", "mirrored", "multi_worker", "tpu"]

#: See `settle`.
PrecisionChoice = Literal["recipe", "auto", "float32", "mixed_bfloat16"]
XlaChoice = Literal["recipe", "auto", "on", "off"]
