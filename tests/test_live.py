"""Code changed, run and checked in the book's pages, as readers do it: by mouse, keys and touch, without network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hosting import Host
from live_book import Cell, exercise, live_site, server
from pages import Visit
from playwright.sync_api import Browser, Page, expect

from autograder import registry
from autograder.book import ROOT

__all__ = ["live_site", "server"]

WRONG = """\
def linear_forward(x, weight, bias):
    return x.reshape(len(x), -1) @ weight, (x, weight)
"""
ENDLESS = "while True:\n    pass\n"

# Chapters whose answers are one file that needs NumPy alone: its whole text is what a reader could have typed.
IN_CHROMIUM = [
    (chapter, name) for chapter in ("linear", "activations", "dropout") for name in registry.exercises(chapter)
]


def answers_of(chapter: str) -> str:
    return (ROOT / "solutions" / f"{chapter}.py").read_text(encoding="utf-8")


@pytest.fixture
def page(browser: Browser, server: Host) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1200, "height": 900}) as context:
        visit = Visit(context.new_page(), server.address)
        visit.open("linear")
        yield visit.page
        assert visit.faults == []


def test_a_dozen_exercises_pass_in_chromium(browser: Browser, server: Host) -> None:
    assert len(IN_CHROMIUM) >= 12
    with browser.new_context(viewport={"width": 1200, "height": 900}) as context:
        visit = Visit(context.new_page(), server.address)
        for chapter in dict.fromkeys(chapter for chapter, _ in IN_CHROMIUM):
            visit.open(chapter)
            for name in registry.exercises(chapter):
                cell = exercise(visit.page, name)
                cell.type(answers_of(chapter))
                assert f"{name}: all checks passed" in cell.check()
        counts = visit.page.locator(".live-count").all_text_contents()
        assert counts == [
            f"{len(names) if chapter in dict(IN_CHROMIUM) else 0}/{len(names)}"
            for chapter, names in ((chapter, registry.exercises(chapter)) for chapter in registry.CHAPTERS)
        ]
        assert visit.faults == []


FORWARD = """\
def linear_forward(x, weight, bias):
    return x.reshape(len(x), -1) @ weight + bias, {"rows": x.reshape(len(x), -1), "weight": weight, "shape": x.shape}
"""
BACKWARD = """\
def linear_backward(dout, cache):
    dx = (dout @ cache["weight"].T).reshape(cache["shape"])
    return dx, cache["rows"].T @ dout, dout.mean(0)
"""


def test_a_backward_is_checked_with_the_forward_above_it(page: Page) -> None:
    """Their cache is the reader's own. Neither cell was run before."""
    exercise(page, "linear_forward").type(FORWARD)
    backward = exercise(page, "linear_backward")
    assert "not attempted" in backward.check()
    backward.type(BACKWARD)
    words = backward.check()
    assert "you took the mean over the batch" in words
    assert "right: returns, shapes" in words


def test_what_was_just_typed_outlives_what_another_cell_keeps(page: Page) -> None:
    """A cell keeps what is typed after a moment, and any cell that keeps something tells all others."""
    forward, backward = exercise(page, "linear_forward"), exercise(page, "linear_backward")
    page.evaluate("([one, other]) => { one.editor.text = 'typed'; other.keep(); }", [forward.handle, backward.handle])
    assert forward.text == "typed"
    forward.type(FORWARD)
    backward.editor.click()
    kept = "JSON.parse(localStorage['layers-by-hand']).code.linear_forward"
    assert page.evaluate(kept) == FORWARD  # as soon as the cell is left


def test_an_endless_loop_ends_by_stop_and_by_the_limit(page: Page) -> None:
    cell = exercise(page, "linear_forward")
    cell.type(ENDLESS)
    cell.press("Run")
    expect(cell.cell.locator(".live-said")).to_have_text("Running …", timeout=180_000)
    cell.press("Stop")
    cell.finished()
    assert cell.said == "Stopped."
    page.evaluate("customElements.get('live-cell').limits.seconds = 1")
    cell.press("Run")
    cell.finished()
    assert "ran for more than 1 second" in cell.said
    page.evaluate("customElements.get('live-cell').limits.seconds = 60")
    cell.type("print('again')")
    assert cell.run() == "again\n"


def test_stop_ends_at_once_what_waits_for_the_service_worker_or_for_its_turn(browser: Browser, server: Host) -> None:
    with browser.new_context(service_workers="block") as context:
        # A browser whose service worker never takes over: a first request waits for it, a while.
        context.add_init_script(
            "Object.defineProperty(navigator, 'serviceWorker', {value: Object.assign(new EventTarget(), {"
            "register: async () => {}, ready: new Promise(() => {})})})"
        )
        visit = Visit(context.new_page(), server.address)
        visit.open("linear")
        first, second = exercise(visit.page, "linear_forward"), exercise(visit.page, "linear_backward")
        second.type("print('second')")
        stopped = visit.page.evaluate(
            """async ([first, second]) => {
                const { setTimeout } = window;
                window.setTimeout = () => 0; // and its patience never ends
                const asked = [first.check(), second.run()];
                second.stopping.click();
                await asked[1];
                first.stopping.click();
                await asked[0];
                window.setTimeout = setTimeout;
                return [first.said.textContent, second.said.textContent];
            }""",
            [first.handle, second.handle],
        )
        assert stopped == ["Stopped.", "Stopped."]
        assert second.run() == "second\n"
        assert visit.faults == []


def test_shift_enter_runs_and_what_goes_wrong_is_told(page: Page) -> None:
    cell = exercise(page, "linear_forward")
    cell.type("def half(x):\n    return x / 0\n\n\nprint('<b>before</b>')\nhalf(1)")
    page.keyboard.press("Shift+Enter")
    cell.finished()
    assert cell.printed.startswith("<b>before</b>\n")
    assert 'File "<linear_forward>", line 2, in half' in cell.printed
    assert cell.printed.endswith("ZeroDivisionError: division by zero")
    assert "session.py" not in cell.printed
    cell.type("def linear_forward(x:")
    assert "does not run: SyntaxError" in cell.check()
    cell.type("for i in range(10**6): print(i)")
    assert cell.run().endswith("… what is printed after this is not shown\n")


def test_reset_brings_the_stub_back_and_undo_the_text(page: Page) -> None:
    cell = exercise(page, "linear_forward")
    stub = cell.text
    cell.type("mine = 1")
    cell.press("Reset")
    assert cell.text == stub
    cell.editor.focus()
    page.keyboard.press("Control+Z")
    assert cell.text == "mine = 1"


def test_a_keyboard_leaves_the_editor_and_reaches_every_button(page: Page) -> None:
    cell = exercise(page, "linear_forward")
    cell.type("a")
    page.keyboard.press("Tab")
    assert cell.text.startswith(("    a", "a    "))
    page.keyboard.press("Escape")
    for name in ("Run", "Check", "Reset"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == name
    described = page.evaluate(
        "id => document.getElementById(id).textContent", cell.editor.get_attribute("aria-describedby")
    )
    assert "Escape, then Tab" in described


def test_progress_is_exported_imported_and_cleared(page: Page, tmp_path: Path) -> None:
    cell = exercise(page, "linear_forward")
    cell.type(WRONG)
    page.wait_for_function("localStorage.getItem('layers-by-hand')?.includes('@ weight')")
    page.locator(".live-progress summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    file = tmp_path / "mine.json"
    download.value.save_as(file)
    assert json.loads(file.read_text())["code"] == {"linear_forward": WRONG.rstrip("\n") + "\n"}
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Clear").click()
    assert "raise NotImplementedError" in cell.text
    contents = json.loads(file.read_text()) | {"states": {"linear_backward": "passed"}}
    file.write_text(json.dumps(contents))
    page.locator(".live-progress input").set_input_files(file)
    expect(page.locator(".live-count").first).to_have_text("1/4")
    assert "raise" not in cell.text
    other = tmp_path / "other.json"
    other.write_text('{"code": 1}')
    page.locator(".live-progress input").set_input_files(other)
    expect(page.locator(".live-progress .live-said")).to_contain_text("not an export of this book")
    assert "raise" not in cell.text


def test_a_cell_to_try_runs_those_above_it_first(browser: Browser, server: Host) -> None:
    with browser.new_context() as context:
        visit = Visit(context.new_page(), server.address)
        visit.open("front")
        first, second = (Cell(visit.page, cell) for cell in visit.page.locator("live-cell").all())
        first.type("import numpy as np\n\nnumbers = np.arange(4)")
        assert second.run() == "array([1, 2, 3, 4])"
        assert not visit.page.locator("div.cell_output").last.is_visible()
        second.press("Reset")
        assert visit.page.locator("div.cell_output").last.is_visible()
        first.type("1 / 0")
        first.run()
        visit.page.evaluate("cell => (cell.ranIn = null)", first.handle)
        second.run()
        assert second.said.startswith("Not run: a cell above")
        assert visit.faults == []


def test_without_script_a_stub_is_code(browser: Browser, server: Host) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{server.address}linear.html")
        stub = page.locator("live-cell[data-exercise=linear_forward]")
        assert stub.inner_text().strip().startswith("def linear_forward(x: np.ndarray")
        assert stub.locator("button").count() == 0


def test_without_python_a_page_says_so_and_reads_on(browser: Browser, live_site: Path, server: Host) -> None:
    with browser.new_context(service_workers="block") as context:
        page = context.new_page()
        page.set_default_timeout(180_000)
        page.route("**/pyodide.mjs", lambda route: route.abort())
        page.goto(f"{server.address}linear.html")
        cell = exercise(page, "linear_forward")
        cell.press("Check")
        cell.finished()
        assert "Python could not be loaded" in cell.said
        page.unroute("**/pyodide.mjs")
        assert "not attempted" in cell.check()
