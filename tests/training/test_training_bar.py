"""What a run shows while it goes on fits into a terminal of 80 columns, with all of its numbers."""

from __future__ import annotations

import io
import re
import sys

import pytest

from bnn_zoo.training.progress import progress_callback, training_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("columns", "barred"), [(80, False), (140, True)])
def test_the_bar_gives_way_to_the_numbers(columns: int, barred: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TERM": "xterm", "COLUMNS": str(columns), "LINES": "24"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", Terminal())
    shown = sys.stdout
    with training_bar(60, "binary") as bar:
        callback = progress_callback(bar, 60, 781, 64, start=40 * 781)
        callback.on_epoch_begin(40)
        # Ten seconds into the epoch.
        callback.start -= 10
        for batch in range(15):
            callback.on_train_batch_end(batch, {"loss": 0.745, "accuracy": 0.899})
        bar.refresh()
    assert isinstance(shown, Terminal)
    last = [re.sub(r"\x1b\[[\d;?]*\w", "", line) for line in re.split(r"[\r\n]", shown.getvalue()) if "loss" in line][-1]
    assert ("━" in last) == barred
    assert re.fullmatch(
        r"binary epoch 41/60 [━╸╺ ]*31255/46860 (-|\d+):\S\S:\S\S loss 0\.745, accuracy 89\.9 %, \d\d images/s *", last
    )
