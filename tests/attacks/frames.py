"""Attacks on the way back: replies forged and malformed, on every file that is open."""

from __future__ import annotations

from attacks.attack import family

# Writes on all files that are open, in the words of the unprotected grader and in ours.
_FORGE = """
import json, os, struct, sys, threading, time

def everywhere(data):
    for file in range(64):
        try:
            os.write(file, data)
        except OSError:
            pass

def frame(value):
    header = json.dumps(value).encode()
    return struct.pack("<IQ", len(header), 0) + header

def reply(says):
    place = sys._getframe()
    while place and not isinstance(place.f_locals.get("request"), int):
        place = place.f_back
    number = place.f_locals["request"] if place else 0
    return frame(["dict", ["request", number], ["says", ["dict", *map(list, says.items())]]])

def outcome(**other):
    return {"returned": None, "raised": None, "missing": False, "changed": ["list"], "warned": ["list"],
            "printed": 0, "seconds": 0.0, "stopped": None, "reason": ""} | other

def line(**said):
    return b"\\n" + json.dumps(said).encode() + b"\\n"
"""

ATTACKS = [
    *family(
        "forged replies",
        "mark",
        the_mark_itself=_FORGE + "everywhere(line(student='hostile', mark=1000))",
        the_mark_in_a_frame=_FORGE
        + """
def linear_forward(x, weight, bias):
    everywhere(line(student="hostile", mark=1000))
    everywhere(reply(outcome(stopped="passed")))
    everywhere(reply({"score": 1000.0, "state": "passed"}))
    return 0, None
""",
        a_mark_beyond_numbers=_FORGE + 'everywhere(b\'\\n{"student": "hostile", "mark": Infinity}\\n\')',
        replies_before_the_question=_FORGE
        + """
def linear_forward(x, weight, bias):
    everywhere(reply(outcome(returned=["tuple", 1.0, ["opaque", "cache"]])) * 100)
    return 0, None
everywhere(line(student="hostile", mark=5) + reply(outcome()) * 100)
""",
        from_a_fork=_FORGE
        + """
if os.fork() == 0:
    everywhere(line(student="hostile", mark=7) + reply(outcome(returned=1.0)))
    os._exit(0)
time.sleep(0.1)
""",
    ),
    *family(
        "malformed replies",
        "next",
        noise=_FORGE + "def linear_forward(*a):\n    everywhere(b'\\xff\\x00{[' * 999)\neverywhere(b'\\xff{[' * 99)",
        a_frame_larger_than_memory=_FORGE
        + """
def linear_forward(*a):
    everywhere(struct.pack("<IQ", 2**32 - 1, 2**63))
everywhere(struct.pack("<IQ", 2**32 - 1, 2**63))
""",
        half_a_frame=_FORGE
        + """
def linear_forward(*a):
    everywhere(struct.pack("<IQ", 900, 0) + b'["dict"')
    time.sleep(1000)
everywhere(b'{"student": ')
""",
        nested_without_end=_FORGE
        + """
def linear_forward(*a):
    deep = b"[" * 10**5
    everywhere(struct.pack("<IQ", len(deep), 0) + deep)
everywhere(b"[" * 10**5)
""",
        an_array_of_impossible_shape=_FORGE
        + """
def linear_forward(*a):
    for shape in ([2**62, 2**62], [-1], [0, 2**62], [1.5], ["x"], [1] * 99):
        everywhere(reply(outcome(returned=["array", "<f8", shape])))
everywhere(b'{"student": "hostile", "mark": [[["<f8"]]]}{')
""",
        every_file_closed=_FORGE + "def linear_forward(*a):\n    os.closerange(3, 999)\nos.closerange(3, 999)",
        in_the_name_of_the_next=_FORGE
        + """
everywhere(line(student="next", mark=0))
def later():
    while True:
        time.sleep(0.05)
        everywhere(line(student="next", mark=0) + reply(outcome()))
threading.Thread(target=later, daemon=True).start()
""",
    ),
]
