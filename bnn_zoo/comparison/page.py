"""The page that `Comparison.to_html` writes: one file, with the chart library in it."""

from __future__ import annotations

import html
import json
import platform
import string
from collections.abc import Sequence
from pathlib import Path

from bnn_zoo import __version__
from bnn_zoo._whole_file import write_text_whole
from bnn_zoo.comparison.column import Column
from bnn_zoo.comparison.page_data import page_data
from bnn_zoo.comparison.row import NetworkRow
from bnn_zoo.comparison.utf8 import as_utf8

_FILES = Path(__file__).with_name("page_files")

#: In this order: later ones use what earlier ones define.
_SCRIPTS = ("elements.js", "chart.js", "table.js", "card.js", "main.js")


def write_page(rows: Sequence[NetworkRow], columns: Sequence[Column], path: Path) -> Path:
    """Writes the page.

    Args:
        rows: the networks.
        columns: what is known of them.
        path: of the file.

    Returns:
        The path.

    Raises:
        ImportError: if the package that holds the chart library is not installed.
    """
    check_page()
    template = string.Template(_read("page.html"))
    text = template.substitute(
        title=html.escape(f"{len(rows)} networks compared" if len(rows) > 1 else rows[0].name),
        summary=f"Sizes, operations and memory are counted; accuracies are as reported by whom the table names.{_measured(rows)}",
        footer=f"Written by bnn_zoo {__version__}. Charts: Vega-Lite, in this file; it needs no network.",
        css=_read("page.css"),
        data=_in_script(json.dumps(page_data(rows, columns), ensure_ascii=False)),
        chart=_in_script(_read("chart.json")),
        labels=_in_script(_read("labels.json")),
        library=_script(_chart_library()),
        script=_script("\n".join(_read(name) for name in _SCRIPTS)),
    )
    write_text_whole(path, as_utf8(text))
    return path


def _measured(rows: Sequence[NetworkRow]) -> str:
    """How latencies were measured; a page is read on other machines than the one that they are of."""
    found = [entry for row in rows for entry in row.latencies]
    if not found:
        return ""
    threads = sorted({entry.threads for entry in found})
    runs = min(entry.repeats for entry in found)
    return (
        f" Latencies are of one picture on {' and '.join(map(str, threads))} thread{'s' if threads != [1] else ''} of the machine "
        f"that wrote this page, {html.escape(platform.machine())}: medians of at least {runs} runs."
    )


def check_page() -> None:
    """Sees to it that a page can be made, before what it is to show is measured.

    Raises:
        ImportError: if the package that holds the chart library is not installed.
    """
    try:
        import vl_convert  # noqa: F401
    except ImportError as error:
        raise ImportError(
            'the page needs vl-convert-python, which holds the chart library: pip install "bnn-zoo[compare]"'
        ) from error


def _read(name: str) -> str:
    return (_FILES / name).read_text(encoding="utf-8")


def _chart_library() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script (BSD-3-Clause), from the package that holds them."""
    import vl_convert

    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))


def _in_script(text: str) -> str:
    """JSON that no markup in it can end the script element of."""
    return text.replace("<", "\\u003c")


def _script(text: str) -> str:
    """A script that no string in it can end the script element of; both ways of writing mean the same in a string."""
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")
