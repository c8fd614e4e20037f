"""Who the students are: what the gradebook knows of each beside the id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.grading.course import Course


@dataclass(frozen=True)
class Person:
    """A student as nbgrader's gradebook has one. `lms_user_id` is the number in the learning platform."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


Roster = Mapping[str, Person]


def display_name(student: str, roster: Roster) -> str:
    """The student's name, or the id where the gradebook has none."""
    return roster.get(student, Person()).name or student


def roster_of(course: Course) -> dict[str, Person]:
    """Everybody in the course's gradebook, by id."""
    with course.gradebook() as gradebook:
        return {
            student.id: Person(
                student.first_name or "", student.last_name or "", student.email or "", student.lms_user_id or ""
            )
            for student in gradebook.students
        }


def enrol(course: Course, people: Roster) -> None:
    """Put people into the course's gradebook."""
    with course.gradebook() as gradebook:
        for student, person in people.items():
            gradebook.update_or_create_student(student, **asdict(person))
