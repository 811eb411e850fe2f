"""The page in a real Chromium: offline, by mouse and keyboard, on a phone, in the dark, with an accessibility audit."""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from networks import CLASSIC

import bnn_zoo
from bnn_zoo._keras import keras
from bnn_zoo.comparison.result import Comparison
from bnn_zoo.deploy.timing import Measurement

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python")
pytest.importorskip("vl_convert", reason="pip install vl-convert-python")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
EVIL = "</script><img src=x onerror=alert(1)>&<b>"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    images = keras.Input((8, 8, 3))
    evil = keras.Model(images, keras.layers.Conv2D(2, 3)(images), name="evil")
    evil._name = EVIL  # Keras refuses such a name, a folder's may be one
    return bnn_zoo.compare([*CLASSIC, evil]).to_html(tmp_path_factory.mktemp("page") / "networks.html")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Any, page_file: Path) -> Iterator[Callable[..., Any]]:
    """Opens the page offline; at the end nothing may have been asked of a network, or written to the console."""
    complaints: list[str] = []
    contexts = []

    def open_page(**options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "offline": True, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("request", lambda request: request.url.startswith("file:") or complaints.append(f"request: {request.url}"))
        page.on("dialog", lambda dialog: complaints.append("a name was run as code"))
        page.goto(page_file.as_uri())
        page.wait_for_selector("html[data-ready=yes]", timeout=60_000)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def names(page: Any) -> list[str]:
    return page.locator("#networks tbody th").all_inner_texts()


def column(page: Any, key: str) -> list[str]:
    place = page.evaluate(
        "key => [...document.querySelectorAll('#networks thead th')].findIndex(th => th.dataset.key === key)", key
    )
    return [
        row[place]
        for row in page.evaluate(
            "[...document.querySelectorAll('#networks tbody tr')].map(r => [...r.cells].map(c => c.innerText))"
        )
    ]


def test_the_table_holds_what_the_comparison_holds(opened: Callable[..., Any]) -> None:
    page = opened()
    assert names(page) == [*CLASSIC, EVIL], "names are text, never markup"
    found = bnn_zoo.compare(CLASSIC)
    expected = [next(entry for entry in found.columns if entry.key == "operations").cell(row) for row in found]
    assert column(page, "operations")[:-1] == expected
    page.get_by_label("all columns").check()
    assert page.locator("#networks thead th").count() == len(found.columns)


def test_sorting_by_mouse_and_keyboard(opened: Callable[..., Any]) -> None:
    page = opened()
    head = page.locator("#networks th[data-key=size_mib]")
    assert head.get_attribute("aria-sort") is None
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    sizes = [float(size) for size in column(page, "size_mib")]
    assert sizes == sorted(sizes)
    page.keyboard.press("Enter")  # the heading keeps the focus
    assert head.get_attribute("aria-sort") == "descending"
    assert [float(size) for size in column(page, "size_mib")] == sizes[::-1]
    page.locator("#networks th[data-key=top1] button").click()
    best = column(page, "top1")
    assert page.locator("#networks th[data-key=top1]").get_attribute("aria-sort") == "descending", "the best first"
    assert best[-1] == "" and [float(value) for value in best[:-1]] == sorted(map(float, best[:-1]), reverse=True)
    assert page.locator("#networks [aria-sort]").count() == 1


def test_filtering(opened: Callable[..., Any]) -> None:
    page = opened()
    page.get_by_label("Name, paper, or who reported").fill("Bethge densenet")
    assert names(page) == [name for name in CLASSIC if "densenet" in name]
    assert page.get_by_role("status").inner_text() == f"{len(names(page))} of {len(CLASSIC) + 1} networks"
    page.get_by_label("Name, paper, or who reported").fill("")
    page.locator("#filter-data-set").select_option("CIFAR-10")
    assert names(page) == ["binarynet"]
    page.locator("#filter-data-set").select_option("")
    page.locator("#axis-x").select_option("operations")
    page.get_by_label("only the chart's Pareto front").check()
    assert names(page) == ["quicknet", "quicknet_small", "quicknet_large"]


def test_chart_follows_its_axes_and_opens_cards(opened: Callable[..., Any]) -> None:
    page = opened()
    marks = page.locator("#chart svg [aria-roledescription=point]")
    imagenet = len(CLASSIC) - 1
    assert marks.count() == imagenet, "one point a network; BinaryNet's accuracy is on other data"
    page.locator("#axis-x").select_option("macs")
    page.wait_for_function(
        "[...document.querySelectorAll('#chart svg [aria-roledescription=point]')].every(m => m.ariaLabel.includes('MACs'))"
    )
    point = page.locator("#chart svg [aria-label^='quicknet_large:']")
    assert "on the Pareto front" in point.get_attribute("aria-label")
    point.click()
    assert page.get_by_role("dialog").get_by_role("heading", level=2).inner_text() == "quicknet_large"


def test_the_pareto_front_gets_its_names_first(opened: Callable[..., Any]) -> None:
    page = opened(viewport={"width": 600, "height": 900})
    page.locator("#axis-x").select_option("parameters")
    page.wait_for_function("document.querySelector('#chart svg [aria-label^=quicknet]').ariaLabel.includes('parameters')")
    points = page.locator("#chart svg [aria-roledescription=point]").evaluate_all("all => all.map(point => point.ariaLabel)")
    front = {point.partition(":")[0] for point in points if "on the Pareto front" in point}
    words = page.locator("#chart svg .mark-text.role-mark text")
    shown = words.evaluate_all("all => all.filter(word => getComputedStyle(word).opacity !== '0').map(word => word.textContent)")
    # One of the five stands in a crowd and finds no place; binary_densenet28 found none while others came first.
    assert "binary_densenet28" in front and len(front) == 5 and len(front & set(shown)) == 4


def test_card_by_keyboard(opened: Callable[..., Any]) -> None:
    page = opened()
    button = page.locator("#networks tbody button", has_text="binarynet")
    button.focus()
    page.keyboard.press("Enter")
    card = page.get_by_role("dialog")
    text = card.inner_text()
    assert (
        "Courbariaux" in text and 'bnn_zoo.create_model("binarynet")' in text and "keep the first layer in full precision" in text
    )
    assert card.locator("#layers tbody tr").count() == len(bnn_zoo.profile("binarynet").layers)
    assert card.locator("#layers tr.binary").count() == 8
    page.keyboard.press("Escape")
    assert not card.is_visible()
    assert button.evaluate("button => button === document.activeElement"), "the focus goes back to where it was"
    page.locator("#networks tbody tr").last.click()
    assert page.locator("#card-name").inner_text() == EVIL
    page.get_by_role("button", name="Close").click()
    page.locator("#networks tbody button", has_text="birealnet").click()
    assert "birealnet.cifar10" in page.get_by_role("dialog").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_accessibility_audit(opened: Callable[..., Any], scheme: str, width: int) -> None:
    """axe-core finds nothing: names, roles, contrast, headings; and the page is no wider than the screen."""
    page = opened(color_scheme=scheme, viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.locator("#networks tbody button").first.click()
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    box = page.get_by_role("dialog").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width


def test_dark_mode_reaches_the_chart(opened: Callable[..., Any]) -> None:
    colours = []
    for scheme in ("light", "dark"):
        page = opened(color_scheme=scheme)
        colours.append(page.evaluate("getComputedStyle(document.querySelector('#chart .mark-text text')).fill"))
    light, dark = (sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in colours)
    assert light < 300 < 450 < dark


def test_a_name_that_is_no_utf8_is_written_as_json_escapes_it(tmp_path: Path) -> None:
    (row,) = bnn_zoo.compare("quicknet")
    text = Comparison((dataclasses.replace(row, name="w\udce4ights"),)).to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert r"<title>w\udce4ights" in text and r'"name": "w\udce4ights"' in text


def test_a_page_says_how_its_latencies_were_measured(tmp_path: Path) -> None:
    (row,) = bnn_zoo.compare("quicknet")
    timed = dataclasses.replace(row, latencies=(Measurement.of("quicknet", "openvino", 2, 1, [1.0, 2.0, 3.0]),))
    texts = [Comparison((each,)).to_html(tmp_path / "page.html").read_text(encoding="utf-8") for each in (row, timed)]
    told = "Latencies are of one picture on 2 threads of the machine that wrote this page, "
    assert [told in text for text in texts] == [False, True] and ": medians of at least 3 runs." in texts[1]


def test_one_file_without_addresses_to_load_from(page_file: Path) -> None:
    text = page_file.read_text(encoding="utf-8")
    assert len(text) < 2_500_000
    assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=", text.partition("<script")[0])
    # A name in the page's data neither ends the script nor opens a tag.
    assert EVIL not in text and "\\u003c/script>\\u003cimg src=x onerror" in text
