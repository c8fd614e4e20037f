"""Marks into nbgrader's gradebook, through its own API: a batch of submissions at a time, and never anybody else's.

What people have written there stays: manual scores, extra credit and manual comments.
"""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from nbformat.v4 import new_notebook
from nbgrader.api import Assignment, Comment, Grade, Notebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import select
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import Session, joinedload, scoped_session, selectinload, sessionmaker, undefer

from autograder import show
from autograder.exercise import Verdict
from autograder.grading.course import Course
from autograder.grading.markdown import inactive
from autograder.grading.record import Graded
from autograder.grading.template import Template

# What nbgrader raises it also logs, with a traceback, by Tornado's logger. Whoever has set up logging still gets it.
logging.getLogger("tornado.application").addHandler(logging.NullHandler())


def record(
    gradebook: Any, results: Mapping[str, Graded], template: Template, times: Mapping[str, datetime | None]
) -> set[str]:
    """Write the marks and comments of some students, of all or of none; who is late, or was when last graded.

    `times` says when each of them handed in. An unreadable submission gets no mark: its cells wait for a grader, with
    the reason as the comment.
    """
    chapter = next(iter(results.values())).chapter
    exercises = {cell.metadata.nbgrader.grade_id: name for name, cell in template.answers.items()}
    late = set()
    with one_transaction(gradebook):
        for student in results:
            gradebook.update_or_create_student(student)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SAWarning)  # nbgrader adds its own rows to the session only at the end
                submission = gradebook.update_or_create_submission(chapter, student, timestamp=times[student])
            if submission.total_seconds_late:
                late.add(student)
        for student, notebook in _notebooks(gradebook.db(), str(chapter), results).items():
            if notebook.late_submission_penalty:
                late.add(student)
            _mark(notebook, results[student], exercises)
        gradebook.db.commit()
    return late


def standing(gradebook: Any, chapter: str, students: Collection[str]) -> dict[str, Any]:
    """What the gradebook has of the students' notebooks, with grades, comments and sums; to be read, not changed."""
    with Session(gradebook.engine) as session:
        found = _notebooks(session, chapter, students)
        session.expunge_all()
    return found


@contextlib.contextmanager
def one_transaction(gradebook: Any) -> Iterator[None]:
    """What nbgrader commits inside, row after row, is committed once, at the end; after an error none of it is."""
    its_own = gradebook.db
    with gradebook.engine.begin() as connection:
        maker = sessionmaker(bind=connection, expire_on_commit=False, join_transaction_mode="rollback_only")
        gradebook.db = scoped_session(maker)
        try:
            yield
        finally:
            gradebook.db.remove()
            gradebook.db = its_own


def apply_late_penalty(course: Course, chapter: str, student: str) -> None:
    """The penalty for a late submission, by whatever plugin the course's configuration names, as nbgrader sets it."""
    names = {"notebook": chapter, "assignment": chapter, "student": student, "db_url": course.directory.db_url}
    AssignLatePenalties(config=course.config).preprocess(new_notebook(), {"nbgrader": names})


def comment_on(verdict: Verdict) -> str:
    """What a grader reads beside the answer: the headline and what is wrong first; the verdict below tells the rest."""
    wrong = [f"{finding.check}: {finding.message}" for finding in verdict.findings if not finding.passed]
    return inactive("\n\n".join([show.headline(verdict), *wrong[:1]]))


def _notebooks(session: Session, chapter: str, students: Collection[str]) -> dict[str, Any]:
    """The submitted notebooks by student, in a handful of queries however many they are."""
    wanted = (
        select(SubmittedAssignment.student_id, SubmittedNotebook)
        .join(SubmittedNotebook.assignment)
        .join(SubmittedNotebook.notebook)
        .join(SubmittedAssignment.assignment)
        .where(Notebook.name == chapter, Assignment.name == chapter, SubmittedAssignment.student_id.in_(students))
        .options(
            undefer(SubmittedNotebook.score),
            undefer(SubmittedNotebook.max_score),
            selectinload(SubmittedNotebook.grades).options(undefer(Grade.max_score), joinedload(Grade.cell)),
            selectinload(SubmittedNotebook.comments).joinedload(Comment.cell),
        )
        .execution_options(populate_existing=True)
    )
    return {row.student_id: row.SubmittedNotebook for row in session.execute(wanted)}


def _mark(notebook: Any, result: Graded, exercises: Mapping[str, str]) -> None:
    verdicts = {verdict.exercise: verdict for verdict in result.verdicts}
    for grade in notebook.grades:
        verdict = verdicts.get(grade.name)
        _set_grade(grade, None if verdict is None else verdict.score)
    for comment in notebook.comments:
        verdict = verdicts.get(exercises.get(comment.name, ""))
        if verdict is not None:
            comment.auto_comment = comment_on(verdict)
        else:
            comment.auto_comment = inactive(f"Not graded: {result.reason}")


def _set_grade(grade: Any, score: float | None) -> None:
    """The automatic score. Where a person has given one by hand for another, that person should look again."""
    review = grade.manual_score is not None and (grade.needs_manual_grade or grade.auto_score != score)
    grade.auto_score = score
    grade.needs_manual_grade = review or (score is None and grade.manual_score is None)
