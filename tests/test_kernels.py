"""The bench on which a reader tries kernels on a photograph: what it shows is what SciPy computes."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
from pages import PAGES, PHONE, Visit
from PIL import Image
from playwright.sync_api import Browser, Page
from scipy.signal import correlate2d

PAGE = "convolution"


def shades(page: Page) -> np.ndarray:
    """The result on the screen, 0 to 255."""
    width, height, pixels = page.evaluate(
        """() => {
            const canvas = document.querySelector("kernel-bench canvas");
            const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            return [canvas.width, canvas.height, [...data].filter((_, place) => place % 4 === 0)];
        }"""
    )
    return np.array(pixels).reshape(height, width)


def photograph(page: Page) -> np.ndarray:
    data = page.locator("kernel-bench img").first.get_attribute("src") or ""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data.split(",")[1]))).getchannel(0), float) / 255


def expected(picture: np.ndarray, kernel: list[list[float]]) -> np.ndarray:
    score = correlate2d(picture, np.array(kernel, float), mode="valid")
    return np.clip(255 * (score if np.sum(kernel) else 0.5 + score / 4), 0, 255)


def test_what_is_typed_chosen_or_turned_is_what_scipy_computes(browser: Browser, address: str) -> None:
    with browser.new_context() as context:
        visit = Visit(context.new_page(), address)
        visit.open(PAGE)
        page, bench = visit.page, visit.page.locator("kernel-bench")
        page.wait_for_selector("kernel-bench canvas")
        picture, choice = photograph(page), bench.locator("select option:checked")
        assert choice.inner_text() == "upright edges"
        assert np.ptp(picture) > 0.5
        edges = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
        assert np.abs(shades(page) - expected(picture, edges)).max() <= 1
        bench.get_by_role("button", name="turn by 180°").click()
        assert np.abs(shades(page) - expected(picture, [[1, 0, -1], [2, 0, -2], [1, 0, -1]])).max() <= 1
        assert choice.inner_text() == "your own"
        bench.get_by_role("combobox").select_option(label="nothing")
        assert np.abs(shades(page) - 255 * picture[1:-1, 1:-1]).max() <= 1
        box = bench.get_by_role("spinbutton", name="kernel, row 0, column 2")
        box.focus()
        page.keyboard.press("Control+A")
        page.keyboard.type("-0.5")
        assert np.abs(shades(page) - expected(picture, [[0, 0, -0.5], [0, 1, 0], [0, 0, 0]])).max() <= 1
        assert choice.inner_text() == "your own"
        assert bench.locator(".sum").inner_text() == "sum of the kernel: 0.5"
        assert visit.faults == []


def test_on_a_phone_it_stands_within_the_screen(browser: Browser, address: str) -> None:
    with browser.new_context(viewport={"width": PHONE, "height": 800}, is_mobile=True, has_touch=True) as context:
        visit = Visit(context.new_page(), address)
        visit.open(PAGE)
        visit.page.wait_for_selector("kernel-bench canvas")
        visit.page.get_by_role("button", name="turn by 180°").tap()
        for part in visit.page.locator("kernel-bench :is(img, canvas, input, button, select)").all():
            box = part.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE
        assert visit.faults == []


def test_without_script_one_kernel_and_its_result_are_there(browser: Browser, address: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}{PAGE}.html")
        bench = page.locator("kernel-bench")
        words = [picture.get_attribute("alt") or "" for picture in bench.locator("img").all()]
        assert [len(alt.split()) > 5 for alt in words] == [True, True]
        assert bench.locator("td").all_text_contents() == ["−1", "0", "1", "−2", "0", "2", "−1", "0", "1"]
        assert bench.locator("input, button, select").count() == 0


def test_no_other_page_loads_its_script(site: Path) -> None:
    loading = {name for name in PAGES if "kernels.js" in (site / f"{name}.html").read_text(encoding="utf-8")}
    assert loading == {PAGE}
