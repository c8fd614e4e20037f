"""Marks into nbgrader's gradebook, through its own API: one submission at a time, and never anybody else's.

What people have written there stays: manual scores, extra credit and manual comments.
"""

from __future__ import annotations

import logging
import warnings
from datetime import datetime
from typing import Any

from nbformat.v4 import new_notebook
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.exc import SAWarning

from autograder import show
from autograder.exercise import Verdict
from autograder.grading.course import Course
from autograder.grading.markdown import inactive
from autograder.grading.record import Graded
from autograder.grading.template import Template

# What nbgrader raises it also logs, with a traceback, by Tornado's logger. Whoever has set up logging still gets it.
logging.getLogger("tornado.application").addHandler(logging.NullHandler())


def record(gradebook: Any, result: Graded, template: Template, timestamp: datetime | None) -> bool:
    """Write the marks and comments of one submission; say whether it is late, or was when last graded.

    Until this is done, nbgrader says "needs manual grading".
    An unreadable submission gets no mark: its cells wait for a grader, with the reason as the comment.
    """
    chapter, student = result.chapter, result.student
    gradebook.update_or_create_student(student)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # nbgrader adds its own rows to the session only at the end
        submission = gradebook.update_or_create_submission(chapter, student, timestamp=timestamp)
    notebook = gradebook.find_submission_notebook(chapter, chapter, student)
    verdicts = {verdict.exercise: verdict for verdict in result.verdicts}
    for grade in notebook.grades:
        verdict = verdicts.get(grade.name)
        _set_grade(grade, None if verdict is None else verdict.score)
    exercises = {cell.metadata.nbgrader.grade_id: name for name, cell in template.answers.items()}
    for comment in notebook.comments:
        verdict = verdicts.get(exercises.get(comment.name, ""))
        if verdict is not None:
            comment.auto_comment = comment_on(verdict)
        else:
            comment.auto_comment = inactive(f"Not graded: {result.reason}")
    gradebook.db.commit()
    return bool(submission.total_seconds_late or notebook.late_submission_penalty)


def apply_late_penalty(course: Course, chapter: str, student: str) -> None:
    """The penalty for a late submission, by whatever plugin the course's configuration names, as nbgrader sets it."""
    names = {"notebook": chapter, "assignment": chapter, "student": student, "db_url": course.directory.db_url}
    AssignLatePenalties(config=course.config).preprocess(new_notebook(), {"nbgrader": names})


def comment_on(verdict: Verdict) -> str:
    """What a grader reads beside the answer: the headline and what is wrong first; the verdict below tells the rest."""
    wrong = [f"{finding.check}: {finding.message}" for finding in verdict.findings if not finding.passed]
    return inactive("\n\n".join([show.headline(verdict), *wrong[:1]]))


def _set_grade(grade: Any, score: float | None) -> None:
    """The automatic score. Where a person has given one by hand for another, that person should look again."""
    review = grade.manual_score is not None and (grade.needs_manual_grade or grade.auto_score != score)
    grade.auto_score = score
    grade.needs_manual_grade = review or (score is None and grade.manual_score is None)
