"""What a course's grading found, for reports and exports: the journal's results, with marks that were given by hand."""

from __future__ import annotations

from typing import Any

from nbgrader.api import Assignment, SubmittedAssignment
from sqlalchemy import select

from autograder import registry
from autograder.grading.course import Course, booked_points
from autograder.grading.journal import Journal


def records(course: Course) -> list[dict[str, Any]]:
    """Each student's last result of each chapter, as COMMANDS has it, with `student`.

    Where a grader has given points by hand in nbgrader's formgrader, they stand in place of ours, and a submission that
    we could not read counts as graded once each of its exercises has points. `duedate`, `timestamp` (when it was handed
    in) and `late_submission_penalty` are the gradebook's; the penalty is not yet taken off the score.
    """
    found: list[dict[str, Any]] = []
    with course.gradebook() as gradebook:
        for chapter in registry.CHAPTERS:
            if booked_points(gradebook, chapter) is None:
                continue
            by_hand = _by_hand(gradebook, chapter)
            times = _times(gradebook, chapter)
            for student, entry in Journal(course, chapter).read().items():
                record = {"student": student, **entry.result.as_dict(), **times.get(student, {})}
                found.append(_corrected(record, chapter, by_hand.get(student, {})))
    return found


def _times(gradebook: Any, chapter: str) -> dict[str, dict[str, Any]]:
    """When each student was to hand in and did, and what being late costs."""
    columns = (Assignment.duedate, SubmittedAssignment.timestamp, SubmittedAssignment.late_submission_penalty)
    joined = select(SubmittedAssignment.student_id, *columns).join(SubmittedAssignment.assignment)
    rows = gradebook.db.execute(joined.where(Assignment.name == chapter))
    return {
        student: {"duedate": due, "timestamp": handed_in, "late_submission_penalty": penalty}
        for student, due, handed_in, penalty in rows
    }


def _by_hand(gradebook: Any, chapter: str) -> dict[str, dict[str, float]]:
    """The points given by hand, by student and exercise; extra credit counts on top of ours."""
    given: dict[str, dict[str, float]] = {}
    for notebook in gradebook.notebook_submissions(chapter, chapter):
        for grade in notebook.grades:
            if grade.manual_score is not None or grade.extra_credit:
                given.setdefault(notebook.student.id, {})[grade.name] = grade.score
    return given


def _corrected(record: dict[str, Any], chapter: str, by_hand: dict[str, float]) -> dict[str, Any]:
    if not by_hand:
        return record
    exercises = record["exercises"]
    if record["state"] == "unreadable":
        if by_hand.keys() != registry.exercises(chapter).keys():
            return record
        exercises = [_unread(name, exercise.points) for name, exercise in registry.exercises(chapter).items()]
    exercises = [{**exercise, "score": by_hand.get(exercise["name"], exercise["score"])} for exercise in exercises]
    score = round(sum(exercise["score"] for exercise in exercises), 2)
    return {**record, "state": "graded", "score": score, "exercises": exercises}


def _unread(name: str, points: float) -> dict[str, Any]:
    return {"name": name, "state": "partial", "score": 0.0, "max_score": points, "findings": []}
