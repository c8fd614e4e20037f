"""The book, as its readers meet it: built strictly, opened in a browser, with nothing fetched from anywhere else."""

from __future__ import annotations

import contextlib
import inspect
import re
import shutil
import signal
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler
from importlib import import_module
from pathlib import Path
from urllib.parse import quote, unquote, urldefrag

import pytest
from answer_search import answers_in
from audit import COLOURS, EVERYTHING, LAYOUT, violations
from hosting import Host
from live_book import HEAD
from pages import CHAPTERS, PAGES, PHONE, Visit
from playwright.sync_api import Browser
from test_mistakes import MISTAKES

from autograder import registry
from autograder.book import PORT, ROOT, BookError, _bound, _forget_stale_outputs, build_book, missing_files

# What a page may load, compressed, by the time that it was read to its end: all but Python.
HEAVIEST = 700_000


class Tags(HTMLParser):
    """All tags of a page as (name, attributes)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags(page: Path) -> list[tuple[str, dict[str, str | None]]]:
    return Tags(page.read_text(encoding="utf-8")).found


# --- the files -----------------------------------------------------------------------------------------------------


def test_the_strict_build_gives_every_page_and_a_way_in(site: Path) -> None:
    way_in = (site / "index.html").read_text(encoding="utf-8")
    assert 'href="introduction.html"' in way_in
    assert "favicon.svg" in way_in  # a host that is asked for one says 404, now and then
    for name in PAGES:
        assert (site / f"{name}.html").is_file()


def test_no_page_names_another_host_for_anything_it_loads(site: Path) -> None:
    for page in site.rglob("*.html"):
        for tag, attributes in tags(page):
            loaded = [attributes.get("src"), attributes.get("srcset"), attributes.get("poster")]
            loaded += [attributes.get("href")] if tag in ("link", "use", "image") else []
            for target in filter(None, loaded):
                assert not re.match(r"(https?:)?//", target), f"{page.name}: <{tag}> loads {target}"
    for sheet in site.rglob("*.css"):
        targets = re.findall(r"(?:url\(|@import )\s*[\"']?([^\"')\s]+)", sheet.read_text(encoding="utf-8"))
        assert not [target for target in targets if re.match(r"(https?:)?//", target)], sheet


def test_the_sources_of_the_pages_are_not_published(site: Path) -> None:
    assert not (site / "_sources").exists()
    assert not list(site.rglob("*.md"))


def test_the_pages_hold_no_answer(site: Path, tmp_path: Path) -> None:
    (tmp_path / "control.html").write_text("<p>dweight <b>=</b> _as_rows(x, <i>weight</i>).T @ dout</p>")
    assert answers_in(tmp_path).keys() == {"control.html"}
    assert answers_in(site) == {}


def test_every_link_within_the_book_leads_to_a_page_and_a_place_on_it(site: Path) -> None:
    found = {page.relative_to(site).as_posix(): tags(page) for page in site.glob("*.html")}
    places = {name: [it["id"] for _, it in parts if it.get("id")] for name, parts in found.items()}
    for name, parts in found.items():
        assert len(places[name]) == len(set(places[name])), f"{name}: one id for two places"
        for tag, attributes in parts:
            link = attributes.get("href") if tag == "a" else None
            if link is None or re.match(r"[a-z]+:", link):
                continue
            path, place = (unquote(part) for part in urldefrag(link))
            assert (site / (path or name)).exists(), f"{name}: {link}"
            assert not place or place in places.get(path or name, [place]), f"{name}: {link}"


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_says_in_words_what_it_shows(site: Path, name: str) -> None:
    pictures = [attributes for tag, attributes in tags(site / f"{name}.html") if tag == "img"]
    figures = [attributes for attributes in pictures if "_images/" in (attributes.get("src") or "")]
    for picture in figures:
        assert len((picture.get("alt") or "").split()) >= 8, picture
    assert all("alt" in picture for picture in pictures)
    if name in CHAPTERS:
        assert len(figures) >= 2


def test_every_notebook_can_be_downloaded_from_its_chapter(site: Path) -> None:
    notebooks = sorted((ROOT / "exercises").glob("*.ipynb"))
    assert notebooks
    for notebook in notebooks:
        target = f"notebooks/{notebook.name}"
        assert (site / target).read_bytes() == notebook.read_bytes()
        links = [a for tag, a in tags(site / f"{notebook.stem}.html") if tag == "a" and a.get("href") == target]
        assert links, f"{notebook.stem}.html does not link to {target}"
        assert all("download" in link for link in links)
    assert not (site / "_downloads").exists()


def test_what_check_is_said_to_say_it_says() -> None:
    """Quotations of diagnoses on "Find the bug" are whole sentences or beginnings of them, word for word."""
    text = (ROOT / "book" / "find-the-bug.md").read_text(encoding="utf-8")
    quotations = re.findall(r"^- \{ref\}`(\w+) <exercise-[\w-]+>`: “(.+)”$", text, re.MULTILINE)
    assert len(quotations) == text.count("“") > 20
    for exercise, words in quotations:
        said = [mistake.sentence for mistake in MISTAKES if mistake.id.startswith(f"{exercise}.")]
        assert any(sentence.startswith(words) for sentence in said), f"{exercise}: {words}"


def test_every_argument_of_an_exercise_stands_in_the_table_of_names() -> None:
    text = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\* - (`.+)$", text.partition("## Terms")[0], re.MULTILINE)
    listed = re.findall(r"`(\w+)`", "\n".join(rows))
    assert len(listed) == len(set(listed))
    for chapter in filter(registry.CHAPTERS.__contains__, CHAPTERS):
        solutions = import_module(f"solutions.{chapter}")
        for name in registry.exercises(chapter):
            function = getattr(solutions, name)
            if inspect.isfunction(function):
                assert set(inspect.signature(function).parameters) <= set(listed), name


def test_the_book_is_cited_in_the_edition_that_it_is() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        version = tomllib.load(file)["project"]["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"edition = {{{version}}}" in (ROOT / "book" / "references.md").read_text(encoding="utf-8")


# --- in a browser --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*PAGES, "search", "index"])
def test_a_page_opens_without_a_fault_and_is_no_burden(browser: Browser, host: Host, name: str) -> None:
    before = host.sent
    # Without motion a colour is at once what it will be.
    shown = {"color_scheme": "light", "reduced_motion": "reduce", "viewport": {"width": 1200, "height": 900}}
    with browser.new_context(**shown) as context:
        visit = Visit(context.new_page(), host.address)
        visit.open(name)
        visit.read_through()
        assert visit.faults == []
        assert host.sent - before <= HEAVIEST, f"{name} loads {host.sent - before} bytes before anything runs"
        formulas = visit.page.locator(".math").count()
        assert visit.page.locator("mjx-container").count() >= formulas
        assert visit.page.locator("mjx-merror").count() == 0
        if name in CHAPTERS:
            assert formulas > 10
        assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        # As the sun goes down, the page turns dark by itself.
        for scheme, rules in (("light", EVERYTHING), ("dark", COLOURS)):
            visit.page.emulate_media(color_scheme=scheme)
            visit.page.wait_for_function("scheme => document.documentElement.dataset.theme === scheme", arg=scheme)
            if name != "index":  # it only leads on
                assert violations(visit.page, rules) == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_overflows_on_a_phone(browser: Browser, address: str, name: str) -> None:
    with browser.new_context(viewport={"width": PHONE, "height": 800}, is_mobile=True, has_touch=True) as context:
        visit = Visit(context.new_page(), address)
        visit.open(name)
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE
        # What sticks out of the screen and stands in no box that scrolls is out of the reader's reach.
        lost = visit.page.evaluate(
            """width => [...document.querySelectorAll(".bd-article *")].filter(element => {
                const box = element.getBoundingClientRect();
                if (box.right <= width + 1 || box.width === 0 || element.closest("mjx-assistive-mml")) return false;
                for (let up = element; up && !up.matches(".bd-article"); up = up.parentElement)
                    if (["auto", "scroll"].includes(getComputedStyle(up).overflowX)) return false;
                return true;
            }).map(element => element.outerHTML.slice(0, 120))""",
            PHONE,
        )
        assert lost == []
        # No line begins with the comma that belongs to the formula at the end of the line before.
        apart = visit.page.evaluate(
            """() => [...document.querySelectorAll(".bd-article p span.math")].filter(formula => {
                const after = formula.nextSibling;
                if (after?.nodeType !== Node.TEXT_NODE || !/^[,.;:!?)]/.test(after.data)) return false;
                const mark = document.createRange();
                mark.setStart(after, 0);
                mark.setEnd(after, 1);
                return mark.getBoundingClientRect().left < formula.getBoundingClientRect().left;
            }).map(formula => formula.parentElement.textContent.slice(0, 120))"""
        )
        assert apart == []
        assert violations(visit.page, LAYOUT) == []


def test_answers_open_by_keyboard(browser: Browser, address: str) -> None:
    with browser.new_context() as context:
        visit = Visit(context.new_page(), address)
        visit.open("gradients")
        answer = visit.page.locator("details.sd-dropdown").first
        assert answer.get_attribute("open") is None
        answer.locator("summary").focus()
        visit.page.keyboard.press("Enter")
        assert answer.get_attribute("open") is not None
        assert answer.locator("p").last.is_visible()


def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, address: str) -> None:
    with browser.new_context(viewport={"width": 1200, "height": 900}) as context:
        visit = Visit(context.new_page(), address)
        visit.open("dropout")
        wanted = visit.page.evaluate(
            """() => {
                const all = [...document.querySelectorAll("a[href], button, summary, input, select, [tabindex='0']")];
                const shown = all.filter((element) => element.checkVisibility({visibilityProperty: true}));
                shown.forEach((element, position) => (element.dataset.position = position));
                return shown.length;
            }"""
        )
        reached, unseen = set(), []
        for presses in range(wanted + 10):
            if visit.page.locator(".cm-content:focus").count():  # Tab indents there, and after Escape leads on
                visit.page.keyboard.press("Escape")
            visit.page.keyboard.press("Tab")
            position, mark, html = visit.page.evaluate(
                """() => {
                    const element = document.activeElement, style = getComputedStyle(element);
                    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
                    const mark = outlined || style.boxShadow !== "none";
                    return [element.dataset.position, mark, element.outerHTML.slice(0, 120)];
                }"""
            )
            if presses == 0:
                assert "Skip to main content" in html
            reached.add(position)
            if position is not None and not mark:
                unseen.append(html)
        # An editor that opened on the way has taken the place of the code that was there to be copied.
        left = visit.page.evaluate(
            """() => [...document.querySelectorAll("[data-position]")]
                .filter((element) => element.checkVisibility({visibilityProperty: true}))
                .map((element) => element.dataset.position)"""
        )
        assert set(left) - reached == set()
        assert len(left) > wanted / 2
        assert unseen == []


def test_the_skip_link_leads_past_the_contents(browser: Browser, address: str) -> None:
    with browser.new_context() as context:
        visit = Visit(context.new_page(), address)
        visit.open("dropout")
        visit.page.keyboard.press("Tab")
        visit.page.keyboard.press("Enter")
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_nothing_moves_for_readers_who_do_not_want_it(browser: Browser, address: str) -> None:
    with browser.new_context(reduced_motion="reduce") as context:
        visit = Visit(context.new_page(), address)
        visit.page.goto(f"{address}convolution.html", wait_until="domcontentloaded")
        visit.page.wait_for_selector("convolution-player button")
        slow = visit.page.evaluate(
            """() => [...document.querySelectorAll("html, a, button, summary, dialog, td")].filter((element) => {
                const style = getComputedStyle(element);
                return [style.transitionDuration, style.animationDuration].join().split(",").some((time) =>
                    parseFloat(time) > 0.001) || style.scrollBehavior === "smooth";
            }).map((element) => element.outerHTML.slice(0, 120))"""
        )
        assert slow == []


def test_on_paper_a_page_is_open_and_bare(browser: Browser, address: str) -> None:
    with browser.new_context() as context:
        visit = Visit(context.new_page(), address)
        visit.open("dropout")
        visit.page.emulate_media(media="print")
        answers = visit.page.locator("details.sd-dropdown p").all()
        assert answers
        assert all(answer.is_visible() for answer in answers)
        for left_out in (".bd-header-article", ".bd-sidebar-primary", "details.hide", "button.copybtn", ".headerlink"):
            assert not any(part.is_visible() for part in visit.page.locator(left_out).all()), left_out


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("im2col", "convolution.html"),
        ("padding", "conventions.html"),
        ("Jacobian", "gradients.html"),
        ("you took the mean over the batch", "find-the-bug.html"),  # a diagnosis
    ],
)
def test_search_finds_words_and_diagnoses(browser: Browser, address: str, words: str, page: str) -> None:
    with browser.new_context() as context:
        visit = Visit(context.new_page(), address)
        visit.page.goto(f"{address}search.html?q={quote(words)}")
        visit.page.wait_for_selector("#search-results ul.search li")
        assert page in visit.page.inner_html("#search-results")
        assert visit.faults == []


# --- what stops the build ------------------------------------------------------------------------------------------


@pytest.fixture
def only_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Books are built without what makes pages live: for what is tested here it only takes time."""
    monkeypatch.setattr("autograder.book._live", lambda *_: {})


def a_book(folder: Path, page: str, **more: str) -> Path:
    """A course with a book of one page or more in the set-up of ours."""
    source = folder / "book"
    shutil.copytree(ROOT / "book", source, ignore=shutil.ignore_patterns("_build", "*.md", "exercises"))
    files = "".join(f"  - file: {name}\n" for name in more)
    chapters = f"chapters:\n{files}" if more else ""
    (source / "_toc.yml").write_text(f"format: jb-book\nroot: only\n{chapters}", encoding="utf-8")
    for name, text in {"only": page, **more}.items():
        (source / f"{name}.md").write_text(text, encoding="utf-8")
    return folder


FAULTY = f"""{HEAD}# A page

{{ref}}`nowhere`

![](_static/logo.svg)

```{{code-cell}} ipython3
1 / 0
```
"""
COUNTED = """{HEAD}# {name}

```{{code-cell}} ipython3
from pathlib import Path

with Path("{runs}").open("a") as file:
    print("{name}", file=file)
```
"""


@pytest.mark.usefixtures("only_read")
def test_a_failing_cell_a_mute_picture_and_a_broken_link_stop_the_build_each_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    course = a_book(tmp_path, FAULTY)
    for _ in range(2):
        with pytest.raises(BookError, match="did not build"):
            build_book(root=course)
        said = capsys.readouterr().err
        assert "ZeroDivisionError" in said
        assert "no alternative text" in said
        assert "nowhere" in said
        assert "\x1b" not in said


@pytest.mark.usefixtures("only_read")
def test_a_second_build_runs_only_the_page_that_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = tmp_path / "runs"
    pages = {name: COUNTED.format(HEAD=HEAD, name=name, runs=runs) for name in ("only", "other")}
    course = a_book(tmp_path, pages["only"], other=pages["other"])
    build_book(root=course)
    assert runs.read_text().split() == ["only", "other"]
    assert re.findall(r"(\w+): ran in", capsys.readouterr().err) == ["only", "other"]
    changed = course / "book" / "other.md"
    changed.write_text(pages["other"].replace("from pathlib", "import math\nfrom pathlib"), encoding="utf-8")
    build_book(root=course)
    assert runs.read_text().split() == ["only", "other", "other"]
    assert re.findall(r"(\w+): ran in", capsys.readouterr().err) == ["other"]


@pytest.mark.parametrize(
    "name", ["book/figures.py", "book/_config.yml", "solutions/lstm.py", "solutions/modules/files.py"]
)
def test_outputs_of_cells_are_forgotten_when_what_they_rest_on_has_changed(tmp_path: Path, name: str) -> None:
    source, build = tmp_path / "book", tmp_path / "_build"
    changed, output = tmp_path / name, build / "output"
    changed.parent.mkdir(parents=True)
    source.mkdir(exist_ok=True)
    changed.write_text("before", encoding="utf-8")
    _forget_stale_outputs(source, build)
    output.touch()
    _forget_stale_outputs(source, build)
    assert output.exists()
    changed.write_text("after", encoding="utf-8")
    _forget_stale_outputs(source, build)
    assert not output.exists()


def test_missing_derived_files_are_named_with_the_command_that_writes_them(tmp_path: Path) -> None:
    page = "# A page\n\n```{include} exercises/linear.md\n```\n\n{download}`it <../exercises/x.ipynb>`\n"
    course = a_book(tmp_path, page)
    assert missing_files(course / "book") == ["book/exercises/linear.md", "exercises/x.ipynb"]
    with pytest.raises(BookError, match=r"book/exercises/linear\.md.*autograder build") as caught:
        build_book(root=course)
    assert "\n" not in str(caught.value)


def test_no_book_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(BookError, match="no book"):
        build_book(root=tmp_path)


@contextlib.contextmanager
def served(folder: Path) -> Iterator[tuple[int, str]]:
    """The book's server in a process of its own: the port, and all that it says before it serves. Ended by Ctrl-C."""
    code = f"""
import signal
from pathlib import Path
from autograder.book import serve_folder
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell in the background takes away
serve_folder(Path({str(folder)!r}))
"""
    server = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert server.stdout is not None
        said = server.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", said)
        assert found
        if int(found[1]) != PORT:
            said += server.stdout.readline()
        yield int(found[1]), said
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=30) == 0
    finally:
        server.kill()


def test_serving_is_on_loopback_and_ends_at_control_c(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("hello", encoding="utf-8")
    with served(tmp_path) as (port, _), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
        assert answer.read() == b"hello"


def test_serving_is_at_the_same_address_each_time_and_says_so_where_it_cannot_be(tmp_path: Path) -> None:
    """What a reader typed belongs to the address."""
    with _bound(SimpleHTTPRequestHandler) as holder:  # at our port, unless somebody else on this machine is there
        with served(tmp_path) as (port, said):
            assert port != holder.server_port
            assert "Export and Import" in said
        holder.server_close()
        with served(tmp_path) as (port, _):
            assert port == holder.server_port
