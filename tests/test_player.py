"""The convolution that a page plays step by step, as its readers drive it: keys, touch, play and pause, no script."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pages import PAGES, PHONE, Visit
from playwright.sync_api import Browser, Locator, Page
from scipy.signal import correlate2d

from autograder.book import ROOT

PAGE = "convolution"


def numbers() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    spec = importlib.util.spec_from_file_location("played", ROOT / "book" / "played.py")
    assert spec is not None
    assert spec.loader is not None
    played = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(played)
    return played.numbers()


def channel_sums() -> np.ndarray:
    """What each channel adds to each output, (filters, channels, 3, 3), by SciPy."""
    x, weight, _ = numbers()
    planes = [[correlate2d(np.pad(x[c], 1), kernel[c], mode="valid") for c in range(len(x))] for kernel in weight]
    return np.array(planes)[:, :, ::2, ::2]


def as_number(text: str) -> int:
    return int(text.replace("\N{MINUS SIGN}", "-"))


def table(shown: Locator) -> list[list[int]]:
    return [[as_number(cell) for cell in row.locator("td").all_text_contents()] for row in shown.locator("tr").all()]


class Player:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator("convolution-player")

    def step(self) -> int:
        """Which output is shown, counted from 0."""
        return int(self.root.locator("input").input_value()) - 1

    def said(self) -> str:
        return self.root.locator(".said").inner_text()


@pytest.fixture(scope="module")
def opened(browser: Browser, address: str) -> Iterator[Player]:
    with browser.new_context(viewport={"width": 1200, "height": 900}) as context:
        visit = Visit(context.new_page(), address)
        visit.open(PAGE)
        yield Player(visit.page)
        assert visit.faults == []


@pytest.fixture
def player(opened: Player) -> Player:
    """The player at its beginning."""
    opened.page.evaluate("document.querySelector('convolution-player').go(0)")
    return opened


def test_nothing_moves_before_somebody_asks(opened: Player) -> None:
    assert opened.step() == 0
    assert opened.page.evaluate("document.querySelector('convolution-player').timer") is None


def test_every_step_shows_the_window_the_products_and_the_sums_of_scipy(player: Player) -> None:
    x, weight, bias = numbers()
    sums = channel_sums()
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    player.root.locator("input").focus()
    for step, (f, i, j) in enumerate(np.ndindex(2, 3, 3)):
        assert player.step() == step
        windows = padded[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3]
        for c in range(3):
            channel = player.root.locator(".channel").nth(c)
            assert table(channel.locator(".input")) == padded[c].tolist()
            marked = [as_number(cell) for cell in channel.locator(".input .window").all_text_contents()]
            assert marked == windows[c].ravel().tolist()
            assert table(channel.locator(".kernel")) == weight[f, c].tolist()
            assert table(channel.locator(".products")) == (windows[c] * weight[f, c]).tolist()
            assert as_number(channel.locator(".sum b").inner_text()) == sums[f, c, i, j]
        out = sums[f, :, i, j].sum() + bias[f]
        marked = player.root.locator(".output .window")
        assert [as_number(cell) for cell in marked.all_text_contents()] == [out]
        filled = [cell for cell in player.root.locator(".output td").all_text_contents() if cell]
        assert len(filled) == step + 1
        words = player.said().replace("\N{MINUS SIGN}", "-")
        assert words.startswith(f"Filter {f}, output row {i}, column {j}:")
        assert words.endswith(f"With the bias {bias[f]} the output is {out}.")
        player.page.keyboard.press("ArrowRight")
    assert player.step() == 17  # where it ends, it stays


def test_arrow_keys_home_and_end_step_from_any_of_its_buttons(player: Player) -> None:
    player.root.get_by_role("button", name="one step forward").focus()
    for key, step in [
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("End", 17),
        ("ArrowRight", 17),
        ("Home", 0),
    ]:
        player.page.keyboard.press(key)
        assert player.step() == step
    player.page.keyboard.press("Enter")
    assert player.step() == 1


def test_it_plays_pauses_and_stops_at_the_end(player: Player) -> None:
    play = player.root.get_by_role("button", name="play", exact=True)
    play.click()
    player.page.wait_for_function("document.querySelector('convolution-player input').value === '3'")
    assert player.root.locator(".said").get_attribute("aria-live") == "off"
    player.root.get_by_role("button", name="pause").click()
    assert player.root.locator(".said").get_attribute("aria-live") == "polite"
    assert player.page.evaluate("document.querySelector('convolution-player').timer") is None
    player.root.locator("input").focus()
    player.page.keyboard.press("End")
    player.page.keyboard.press("ArrowLeft")
    player.page.keyboard.press(" ")
    player.page.wait_for_function("document.querySelector('convolution-player').timer === null")
    assert player.step() == 17
    assert play.is_visible()


def test_an_output_is_shown_by_touch_and_nothing_overflows_on_a_phone(browser: Browser, address: str) -> None:
    with browser.new_context(viewport={"width": PHONE, "height": 800}, is_mobile=True, has_touch=True) as context:
        visit = Visit(context.new_page(), address)
        visit.open(PAGE)
        player = Player(visit.page)
        player.root.locator(".output").nth(1).locator("td").nth(4).locator("button").tap()
        assert player.step() == 13
        assert "Filter 1, output row 1, column 1" in player.said()
        player.root.get_by_role("button", name="one step forward").tap()
        assert player.step() == 14
        box = player.root.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE
        assert player.root.evaluate("box => box.scrollWidth <= box.clientWidth")
        for target in player.root.locator("button:visible").all():
            size = target.bounding_box()
            assert size is not None
            assert min(size["width"], size["height"]) >= 24
        assert visit.faults == []


def test_who_asks_for_less_motion_steps_by_hand(browser: Browser, address: str) -> None:
    with browser.new_context(reduced_motion="reduce") as context:
        visit = Visit(context.new_page(), address)
        visit.open(PAGE)
        player = Player(visit.page)
        assert player.root.get_by_role("button", name="play", exact=True).count() == 0
        player.root.locator("input").focus()
        player.page.keyboard.press(" ")
        assert player.page.evaluate("document.querySelector('convolution-player').timer") is None
        player.page.keyboard.press("ArrowRight")
        assert player.step() == 1


def test_without_script_there_is_a_still_with_all_outputs(browser: Browser, address: str) -> None:
    _, _, bias = numbers()
    sums = channel_sums()
    out = sums.sum(axis=1) + bias[:, None, None]
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}{PAGE}.html")
        still = page.locator("convolution-player")
        assert [table(shown) for shown in still.locator(".output").all()] == out.tolist()
        shown = [as_number(cell) for cell in still.locator(".sum b").all_text_contents()]
        assert shown == sums[0, :, 0, 0].tolist()
        assert f"the output is {out[0, 0, 0]}." in still.locator(".said").inner_text().replace("\N{MINUS SIGN}", "-")
        assert still.locator("button").count() == 0


def test_still_and_script_say_the_same(browser: Browser, player: Player, address: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}{PAGE}.html")
        assert page.locator("convolution-player .said").inner_text() == player.said()


def test_on_paper_there_are_no_controls(player: Player) -> None:
    player.page.emulate_media(media="print")
    assert player.root.locator(".output").first.is_visible()
    assert not player.root.locator(".controls").is_visible()
    player.page.emulate_media(media="screen")


def test_the_page_computes_the_same_outputs(site: Path) -> None:
    _, _, bias = numbers()
    out = channel_sums().sum(axis=1) + bias[:, None, None]
    text = re.sub(r"<[^>]*>", "", (site / f"{PAGE}.html").read_text(encoding="utf-8"))
    for f in range(2):
        assert f"output of filter {f}:\n{out[f]}" in text


def test_no_other_page_loads_its_script(site: Path) -> None:
    loading = {name for name in PAGES if "player.js" in (site / f"{name}.html").read_text(encoding="utf-8")}
    assert loading == {PAGE}
