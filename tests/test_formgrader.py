"""nbgrader's formgrader, in a real Jupyter server and a real browser, on a course that we graded."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from courses import HALF_RIGHT, RIGHT, hand_in, marks, notebook
from playwright.sync_api import Page, sync_playwright

from autograder import registry
from autograder.editions.pdf import find_chromium
from autograder.grading.course import Course, open_course
from autograder.grading.grade import grade
from autograder.grading.journal import Journal
from autograder.grading.record import Graded

TOKEN = "for-this-test-alone"
SETTINGS = [
    "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}",
    f"--IdentityProvider.token={TOKEN}",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port=0",
    "--ServerApp.open_browser=False",
    "--ServerApp.allow_root=True",
    "--ServerApp.shutdown_no_activity_timeout=300",
]


@pytest.fixture(scope="module")
def graded_course(released: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, dict[str, Graded]]:
    folder = tmp_path_factory.mktemp("formgrader") / "course"
    shutil.copytree(released, folder)
    course = open_course(folder)
    hand_in(course, "ada", notebook(course, RIGHT))
    hand_in(course, "bob", notebook(course, HALF_RIGHT))
    hand_in(course, "eve", "")
    outcome = grade(course, "linear")
    return course, {str(result.student): result for result in outcome.results}


@pytest.fixture(scope="module")
def address(graded_course: tuple[Course, dict[str, Graded]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the server listens, which is started in the course's folder, as an instructor would."""
    home = tmp_path_factory.mktemp("jupyter")
    places = {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", *SETTINGS],
            cwd=graded_course[0].folder,
            env={**os.environ, **places, "HOME": str(home)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        while not (found := list((home / "runtime").glob("jpserver-*.json"))):
            assert server.poll() is None, (home / "log").read_text()
            time.sleep(0.2)
        yield json.loads(found[0].read_text())["url"]
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = browser.new_page()
        # Nothing is fetched from elsewhere: nbgrader's pages take what typesets formulas from a network.
        page.route(lambda url: not url.startswith(address), lambda route: route.abort())
        page.goto(f"{address}formgrader/?token={TOKEN}")
        yield page
        browser.close()


def rows(page: Page, awaited: str) -> list[list[str]]:
    """The cells' texts of the page's table, once it has a row with the text that is awaited."""
    page.wait_for_selector(f"tbody tr:has-text('{awaited}')")
    texts = [row.locator("td").all_inner_texts() for row in page.locator("tbody tr").all()]
    return [[text.strip() for text in row] for row in texts]


def test_it_lists_the_chapters_with_their_submissions(address: str, page: Page) -> None:
    page.goto(f"{address}formgrader/manage_assignments")
    listed = {row[0]: row for row in rows(page, "linear")}
    assert listed.keys() == set(registry.CHAPTERS)
    assert "3" in listed["linear"]


def test_it_lists_the_submissions_as_graded_with_our_marks(
    address: str, page: Page, graded_course: tuple[Course, dict[str, Graded]]
) -> None:
    page.goto(f"{address}formgrader/manage_submissions/linear")
    listed = {row[1]: row for row in rows(page, "eve")}
    for student in ("ada", "bob"):
        assert "graded" in listed[student]
        assert f"{graded_course[1][student].score:g} / 26" in listed[student]
    assert "needs manual grading" in listed["eve"]


def test_it_opens_a_submission_with_our_marks_findings_and_verdicts(
    address: str, page: Page, graded_course: tuple[Course, dict[str, Graded]]
) -> None:
    course, results = graded_course
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission_notebook("linear", "linear", "bob").id
    page.goto(f"{address}formgrader/submissions/{submission}/")
    for verdict in results["bob"].verdicts:
        box = page.locator(f"input#{verdict.exercise}")
        page.wait_for_function("id => document.getElementById(id).placeholder !== ''", arg=verdict.exercise)
        assert float(box.get_attribute("placeholder") or "nan") == verdict.score
    comment = page.locator("textarea#linear_backward-stub-comment")
    page.wait_for_function("document.getElementById('linear_backward-stub-comment').placeholder.includes('partly')")
    assert "mean" in (comment.get_attribute("placeholder") or "")
    told = page.locator(".autograder-verdict", has_text="linear_backward").inner_text()
    diagnosis = next(finding.message for finding in results["bob"].verdicts[1].findings if finding.mistake)
    assert diagnosis in told


def test_points_given_there_survive_grading_again(
    address: str, page: Page, graded_course: tuple[Course, dict[str, Graded]]
) -> None:
    course, _ = graded_course
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission_notebook("linear", "linear", "bob").id
    page.goto(f"{address}formgrader/submissions/{submission}/")
    page.wait_for_function("document.getElementById('linear_backward').placeholder !== ''")
    with page.expect_response(lambda response: "/api/grade/" in response.url and response.request.method == "PUT"):
        page.fill("input#linear_backward", "11.5")
        page.press("input#linear_backward", "Tab")
    grade(course, "linear", regrade=True)
    with course.gradebook() as gradebook:
        assert gradebook.find_grade("linear_backward", "linear", "linear", "bob").score == 11.5


def test_an_unreadable_submission_opens_and_says_why(
    address: str, page: Page, graded_course: tuple[Course, dict[str, Graded]]
) -> None:
    with graded_course[0].gradebook() as gradebook:
        submission = gradebook.find_submission_notebook("linear", "linear", "eve").id
    page.goto(f"{address}formgrader/submissions/{submission}/")
    shown = page.locator("body").inner_text()
    assert "could not be read" in shown
    assert "it is empty" in shown


def test_the_autograde_button_judges_in_the_sandbox_and_the_rest_follows(
    address: str, page: Page, graded_course: tuple[Course, dict[str, Graded]]
) -> None:
    course, _ = graded_course
    spying = f"import os\nassert not os.path.exists({str(course.folder)!r})\n"
    hand_in(course, "dot", notebook(course, {**HALF_RIGHT, "linear_forward": spying + HALF_RIGHT["linear_forward"]}))
    press(address, page, "dot", "autograde", "Successfully autograded")
    result = Journal(course, "linear").read()["dot"].result
    assert result.score is not None
    assert marks(course, "dot") == {verdict.exercise: verdict.score for verdict in result.verdicts}
    assert marks(course, "dot")["linear_forward"] == result.verdicts[0].max_score  # it ran where no course is seen
    page.goto(f"{address}formgrader/manage_submissions/linear")
    assert f"{result.score:g} / 26" in next(row for row in rows(page, "dot") if row[1] == "dot")

    with course.gradebook() as gradebook:
        submission = gradebook.find_submission_notebook("linear", "linear", "dot").id
    page.goto(f"{address}formgrader/submissions/{submission}/")
    page.wait_for_function("document.getElementById('linear_backward').placeholder !== ''")
    assert "mean" in page.locator(".autograder-verdict", has_text="linear_backward").inner_text()
    with page.expect_response(lambda response: "/api/comment/" in response.url and response.request.method == "PUT"):
        page.fill("textarea#linear_backward-stub-comment", "Come and see me.")
        page.press("textarea#linear_backward-stub-comment", "Tab")
    press(address, page, "dot", "generate-feedback", "Successfully generated feedback")
    told = (course.path("feedback", "linear", "dot") / "linear.html").read_text()
    assert "Come and see me." in told
    assert "you took the mean" in told


def press(address: str, page: Page, student: str, button: str, awaited: str) -> None:
    """Press a button in a student's row of the submissions."""
    page.goto(f"{address}formgrader/manage_submissions/linear")
    rows(page, student)
    page.locator("tbody tr", has_text=student).locator(f".{button} a").click()
    page.wait_for_selector(f"text={awaited}", timeout=120_000)
