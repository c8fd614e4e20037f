"""The class. Everybody in it is invented."""

from __future__ import annotations

from autograder.grading.roster import Person


def _person(first_name: str, last_name: str, login: str, number: int) -> Person:
    return Person(first_name, last_name, f"{login}@students.example.org", str(20000 + number))


_NAMES = {
    "aokafor": ("Amara", "Okafor"),
    "blindqvist": ("Bo", "Lindqvist"),
    "cmarchetti": ("Chiara", "Marchetti"),
    "dnakagawa": ("Daichi", "Nakagawa"),
    "efarouk": ("Elham", "Farouk"),
    "fdubois": ("Félix", "Dubois"),
    "gmbeki": ("Grace", "Mbeki"),
    "hsorensen": ("Henrik", "Sørensen"),
    "iradu": ("Ioana", "Radu"),
    "jcastillo": ("Javier", "Castillo"),
    "kpatel": ("Kavya", "Patel"),
    "lzhang": ("Lin", "Zhang"),
    "mkowalska": ("Marta", "Kowalska"),
    "nabdi": ("Nasra", "Abdi"),
    "oyilmaz": ("Onur", "Yılmaz"),
    "pkaur": ("Parminder", "Kaur"),
    "qnguyen": ("Quynh", "Nguyen"),
    "rferreira": ("Rafael", "Ferreira"),
    "skim": ("Sujin", "Kim"),
    "tvandijk": ("Tess", "van Dijk"),
    "uhoffmann": ("Ulla", "Hoffmann"),
    "vivanova": ("Vera", "Ivanova"),
    "wmensah": ("Winston", "Mensah"),
    "xreyes": ("Ximena", "Reyes"),
    "ybensaid": ("Yasmine", "Ben Said"),
    "zhorvath": ("Zoltan", "Horvath"),
    "jwalsh": ("Jo", "Walsh"),
    "mcosta": ("Miguel", "Costa"),
}

PEOPLE = {login: _person(*names, login, number) for number, (login, names) in enumerate(_NAMES.items(), 1)}
