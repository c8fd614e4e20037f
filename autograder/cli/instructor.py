"""The instructor's subcommands: new, release, grade, report, export."""

from __future__ import annotations

import argparse
import gc
import json
import secrets
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder import registry, show
from autograder.cli.commands import Commands, add
from autograder.cli.faults import Fault

if TYPE_CHECKING:
    from autograder.grading.course import Course
    from autograder.grading.grade import Outcome
    from autograder.grading.record import Graded

AUTOGRADER = "gradescope-autograder"
FORMATS = ("csv", "canvas", "gradescope", AUTOGRADER, "json")
_CHAPTERS = ", ".join(registry.CHAPTERS)


def register(commands: Commands) -> None:
    """Enter new, release, grade, report and export."""
    new = add(
        commands,
        "new",
        _new,
        "make a course folder",
        """
        Make an nbgrader course folder: its settings, source/, release/, submitted/ and an empty gradebook. nbgrader
        and its formgrader open it as they would open any other.

        example:
          autograder new autumn
        """,
    )
    new.add_argument(
        "--gradebook",
        metavar="ADDRESS",
        help="a database, as postgresql+psycopg://USER@HOST/DATABASE; default: the file gradebook.db in the folder",
    )
    new.add_argument("folder", metavar="FOLDER", type=Path, help="an empty folder, or one that is not there yet")

    release = add(
        commands,
        "release",
        _release,
        "write the notebooks that students get",
        f"""
        Write the source and release versions of chapters, register them in the gradebook, and pack the students'
        bundle: the released notebooks with the part of the package that checks them. Without chapters, all are
        released. Chapters: {_CHAPTERS}.

        examples:
          autograder release linear --course autumn
          autograder release training --solutions --course autumn
        """,
    )
    release.add_argument("chapters", metavar="CHAPTER", nargs="*", help="default: all")
    release.add_argument(
        "--solutions",
        action="store_true",
        help=f"from now on put the answers of all chapters before {registry.CHAPTERS[-1]} into the bundle, too: who "
        "could not write a layer takes it from there by bring(), and the verdict says so",
    )
    _add_course(release)

    _register_grade(commands)

    report = add(
        commands,
        "report",
        _report,
        "the class report, one HTML page",
        """
        Write the class report: marks, the most frequent mistakes, the exercises by difficulty, and whom to write to.
        It is one HTML page that needs nothing beside itself and prints on A4.

        example:
          autograder report --course autumn
        """,
    )
    _add_course(report)
    report.add_argument("--output", metavar="FILE", type=Path, help="default: report.html in the course folder")

    export = add(
        commands,
        "export",
        _export,
        "marks for other systems",
        """
        Write the marks to standard output, or to a file.

        csv         a row for each notebook: nbgrader's export columns, then state and reason
        canvas      Canvas's gradebook import, with a column for each chapter
        gradescope  Gradescope's results.json of every notebook, by student and then by chapter
        json        one array: student, chapter, state, reason, score, max_score, exercises

        Where a notebook was not graded the mark is left out, never 0; standard error says how many these are.

        To have Gradescope grade by itself, gradescope-autograder writes the zip that its programming assignments ask
        for under "Configure Autograder": setup.sh, run_autograder, and the course with its answers and a secret seed.
        It is for Gradescope alone: never hand it to students, or put it beside the bundle.

        examples:
          autograder export --course autumn --format canvas --output marks.csv
          autograder export --course autumn --format gradescope-autograder --chapter linear --output upload.zip
        """,
    )
    _add_course(export)
    export.add_argument("--format", choices=FORMATS, required=True, help="for which system")
    export.add_argument("--output", metavar="FILE", type=Path, help="default: standard output")
    export.add_argument("--chapter", metavar="C", help=f"with {AUTOGRADER}: what it is to grade")


def _register_grade(commands: Commands) -> None:
    grade = add(
        commands,
        "grade",
        _grade,
        "grade a chapter's submissions, or loose notebooks",
        f"""
        With --course: grade what lies in the course's submitted/ folder for one chapter, and write gradebook,
        autograded notebooks and feedback. What was graded before and has not changed stands, so a run that was
        stopped goes on where it was. Without --course: grade the notebooks that are named; nothing is written.

        Submissions run in a sandbox without network, for which bubblewrap must be installed. Inputs are fresh for
        each run, from a secret seed; the same --seed gives the same marks. Exit code 1 says that some notebook could
        not be graded. Chapters: {_CHAPTERS}.

        examples:
          autograder grade linear --course autumn
          autograder grade linear --course autumn --student ada --student bo --regrade
          autograder grade mail/*.ipynb --chapter linear --json
          autograder grade linear --course autumn --scheduler tcp://head-node:8786
        """,
    )
    grade.add_argument("what", metavar="CHAPTER | NOTEBOOK", nargs="+", help="a chapter with --course, else notebooks")
    grade.add_argument("--course", metavar="FOLDER", type=Path, help="a folder made by `autograder new`")
    grade.add_argument(
        "--student", metavar="ID", action="append", default=[], help="only this student; may be repeated"
    )
    grade.add_argument("--regrade", action="store_true", help="grade again what is graded, from a fresh seed")
    grade.add_argument("--chapter", metavar="C", help="which chapter loose notebooks are; default: as they say")
    grade.add_argument("--json", action="store_true", help="for loose notebooks: one JSON object a line")
    grade.add_argument("--jobs", metavar="N", type=int, help="most to grade at once; default: one for each core")
    grade.add_argument(
        "--scheduler", metavar="ADDRESS", help="grade on the workers of the Dask cluster with this scheduler"
    )
    grade.add_argument("--seed", metavar="S", type=int, help="the seed of the inputs; default: a secret one")
    grade.add_argument(
        "--trust-submissions",
        action="store_true",
        help="run submissions without the sandbox: they can then do whatever you can do on this machine",
    )


def _add_course(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--course", metavar="FOLDER", type=Path, required=True, help="made by `autograder new`")


def _new(options: argparse.Namespace) -> int:
    from autograder.grading.course import new

    new(options.folder, options.gradebook)
    print(f"{options.folder} is a course folder now; next: autograder release --course {options.folder}")
    return 0


def _release(options: argparse.Namespace) -> int:
    from autograder.grading.release import release

    released = release(_open(options.course), options.chapters, solutions=options.solutions)
    for notebook in released.notebooks:
        print(f"released {notebook}")
    print(f"bundle for students: {released.bundle}")
    return 0


def _grade(options: argparse.Namespace) -> int:
    if options.jobs is not None and options.jobs < 1:
        raise Fault("--jobs must be at least 1")
    if options.seed is not None and options.seed < 0:
        raise Fault("--seed must not be negative")
    for option, given in (("--jobs", options.jobs), ("--trust-submissions", options.trust_submissions)):
        if given and options.scheduler is not None:
            raise Fault(f"{option} is for this machine alone; leave it out, or leave out --scheduler")
    # What is imported from here on stays, a million objects. To look through them for what might go, again and again,
    # would be a tenth of the work of grading ten notebooks.
    gc.set_threshold(100_000)
    return _grade_loose(options) if options.course is None else _grade_course(options)


def _grade_course(options: argparse.Namespace) -> int:
    for option, given in (("--json", options.json), ("--chapter", options.chapter)):
        if given:
            raise Fault(f"{option} is for loose notebooks; leave it out, or leave out --course")
    if len(options.what) != 1:
        raise Fault(f"with --course, name one chapter; the chapters are {_CHAPTERS}")
    from autograder.cli.screen import progress
    from autograder.grading.grade import grade
    from autograder.grading.submissions import misplaced

    chapter = options.what[0]
    course = _open(options.course)
    with progress(chapter) as report:
        outcome = grade(
            course,
            chapter,
            students=options.student,
            jobs=options.jobs,
            seed=options.seed,
            regrade=options.regrade,
            trust=options.trust_submissions,
            scheduler=options.scheduler,
            progress=report,
        )
    print(show.clean(summary(course, chapter, outcome)))
    lost = [] if options.student else misplaced(course, chapter)
    for file, folder in lost:
        print(show.clean(f"  not graded: {file} does not lie in a chapter's folder; move it to {folder}"))
    return 0 if all_well(outcome) and not lost else 1


def all_well(outcome: Outcome) -> bool:
    """Whether every notebook was graded, and every result written."""
    return not outcome.problems and all(result.state == "graded" for result in outcome.results)


def summary(course: Course, chapter: str, outcome: Outcome) -> str:
    """What a run gave, in a few lines."""
    graded = [result for result in outcome.results if result.state == "graded"]
    kept = f", {outcome.kept} of them before" if outcome.kept else ""
    lines = [f"{chapter}: {len(graded)} of {len(outcome.results)} notebooks graded{kept}"]
    lines += [f"  {result.student}: {result.reason}" for result in outcome.results if result.state != "graded"]
    lines += [f"  {problem}" for problem in outcome.problems]
    if not outcome.results:
        lines.append(f"  nothing was handed in; submissions go to {course.path('submitted', chapter, 'STUDENT')}")
    else:
        lines.append(f"feedback: {course.path('feedback', chapter, 'STUDENT')}")
    return "\n".join(lines)


def _grade_loose(options: argparse.Namespace) -> int:
    if options.student or options.regrade:
        raise Fault("--student and --regrade are for a course's submissions; name it with --course FOLDER")
    files = [Path(name) for name in options.what]
    if len(files) == 1 and options.what[0] in registry.CHAPTERS and not files[0].exists():
        raise Fault(f"name the course as well: autograder grade {options.what[0]} --course FOLDER")
    from autograder.grading.grade import grade_loose

    all_graded = True
    for result in grade_loose(
        files,
        options.chapter,
        seed=options.seed,
        trust=options.trust_submissions,
        jobs=options.jobs,
        scheduler=options.scheduler,
    ):
        all_graded &= result.state == "graded"
        print(json.dumps(result.as_dict()) if options.json else _in_words(result), flush=True)
    return 0 if all_graded else 1


def _in_words(result: Graded) -> str:
    from autograder.cli.screen import result_in_words

    lines = [f"{result.notebook}: {result_in_words(result)}", *(f"{verdict}" for verdict in result.verdicts)]
    return show.clean("\n".join(lines))


def _report(options: argparse.Namespace) -> int:
    course = _open(options.course)
    path = options.output or course.folder / "report.html"
    write_report(course, path)
    print(f"class report: {path}")
    return 0


def write_report(course: Course, path: Path) -> None:
    """Write the class report of a course."""
    from autograder.grading.files import write_whole
    from autograder.grading.report import class_report
    from autograder.grading.roster import roster_of

    today = f"{date.today():%d %B %Y}".lstrip("0")
    name = f"Layers by Hand, {course.directory.course_id or course.folder.name}"
    page = class_report(_graded(course), name, roster_of(course), today)
    write_whole(path, page)


def _export(options: argparse.Namespace) -> int:
    from autograder.grading.export import export, without_mark
    from autograder.grading.files import write_whole
    from autograder.grading.roster import roster_of

    course = _open(options.course)
    if options.format == AUTOGRADER:
        return _export_autograder(options)
    if options.chapter is not None:
        raise Fault(f"--chapter is for --format {AUTOGRADER}; leave it out")
    records = _graded(course)
    text = export(records, options.format, roster_of(course))
    if options.output is None:
        sys.stdout.write(text)
    else:
        write_whole(options.output, text)
        print(f"marks: {options.output}")
    unmarked = len(without_mark(records))
    if unmarked:
        print(f"{unmarked} of {len(records)} notebooks have no mark and are left empty", file=sys.stderr)
    return 0


def _export_autograder(options: argparse.Namespace) -> int:
    from autograder.grading.gradescope_zip import write_gradescope_zip

    for option, given in (("--chapter", options.chapter), ("--output", options.output)):
        if given is None:
            raise Fault(f"--format {AUTOGRADER} writes one zip for one chapter; name it with {option}")
    most = write_gradescope_zip(options.chapter, secrets.randbits(63), options.output)
    print(
        f"autograder: {options.output}; upload it to a Gradescope programming assignment of {show.points(most)} points"
    )
    print("It holds the answers: never hand it to students.")
    return 0


def _graded(course: Course) -> Sequence[dict[str, Any]]:
    from autograder.grading.results import records

    found = records(course)
    if not found:
        raise Fault(f"nothing is graded in {course.folder} yet; autograder grade CHAPTER --course {course.folder}")
    return found


def _open(folder: Path) -> Course:
    from autograder.grading.course import open_course

    return open_course(folder)
