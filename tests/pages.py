"""The built book, served to a browser: shared by the tests that meet its pages as a reader does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hosting import Host
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, sync_playwright

from autograder import registry
from autograder.book import ROOT, build_book, pages
from autograder.editions.pdf import find_chromium

PAGES = [page.stem for page in pages(ROOT / "book")]
CHAPTERS = [name for name in PAGES if name in ("gradients", *registry.CHAPTERS)]
PHONE = 390
NO_OTHER_HOST = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


@pytest.fixture(scope="session")
def site(pytestconfig: pytest.Config, testrun_uid: str) -> Path:
    """The folder of the built pages. Building is itself the first test: a warning anywhere fails it.

    It stands apart from book/_build, which others may be writing to; pytest's cache keeps the outputs of cells. The
    first process of a run to ask for it builds it, for all.
    """
    out = pytestconfig.cache.mkdir("book")
    with FileLock(out / "lock"):
        built_by = out / "built-by"
        if not built_by.is_file() or built_by.read_text() != testrun_uid:
            build_book(out=out)
            built_by.write_text(testrun_uid)
    return out / "_build" / "html"


@pytest.fixture(scope="session")
def host(site: Path) -> Iterator[Host]:
    host = Host(site, cached=True)
    yield host
    host.stop()


@pytest.fixture(scope="session")
def address(host: Host) -> str:
    return host.address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox", NO_OTHER_HOST])
        yield browser
        browser.close()


class Visit:
    """A page opened, with all that went wrong on the way."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.faults: list[str] = []
        page.set_default_timeout(180_000)  # a busy machine is no fault of a page
        page.on("request", self._request)
        page.on("response", self._response)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"error {error}"))

    def open(self, name: str) -> None:
        self.page.goto(f"{self.address}{name}.html")
        self.page.wait_for_load_state("networkidle")
        if self.page.locator(".math").count():
            self.page.wait_for_function("window.MathJax?.startup?.promise")
            self.page.evaluate("MathJax.startup.promise")

    def read_through(self) -> None:
        """Scroll to the end, so that everything is loaded that waits for being looked at."""
        self.page.evaluate(
            """async () => {
                for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
                    scrollTo(0, y);
                    await new Promise((resolve) => setTimeout(resolve, 50)); // frames may fail to come, for ever
                }
            }"""
        )
        self.page.wait_for_function(
            """() => [...document.images].every((picture) => picture.complete) &&
                [...document.querySelectorAll("live-cell")].every((cell) => cell.editor)"""
        )
        self.page.wait_for_load_state("networkidle")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.faults.append(f"asks another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status} {response.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console {message.type}: {message.text}")
