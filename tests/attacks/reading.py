"""Attacks that read: the course, its answers, the gradebook, other students' work, the grader's own memory."""

from __future__ import annotations

from attacks.attack import Attack, family

_PROCESSES = """
import os
for process in os.listdir("/proc"):
    if process.isdecimal():
        try:
            print(open(f"/proc/{process}/@", "rb").read(100_000).replace(b"\\0", b"\\n").decode(errors="replace"))
        except OSError:
            pass
"""
_FROM_MEMORY = """
import os, re
for process in {os.getppid(), os.getpid(), 1, *(int(p) for p in os.listdir("/proc") if p.isdecimal())}:
    try:
        maps = open(f"/proc/{process}/maps").read()
        memory = open(f"/proc/{process}/mem", "rb", 0)
        for begin, end in re.findall(r"^([0-9a-f]+)-([0-9a-f]+) rw-p .*(?:heap|stack)", maps, re.M):
            memory.seek(int(begin, 16))
            found = re.search(rb"canary-[0-9a-f]{16}", memory.read(int(end, 16) - int(begin, 16)))
            if found:
                print(found[0].decode())
    except (OSError, ValueError):
        pass
"""
_ATTACH = """
import ctypes, os
libc = ctypes.CDLL(None)
seize, detach = 0x4206, 17
for process in {os.getppid(), *(int(p) for p in os.listdir("/proc") if p.isdecimal())} - {os.getpid()}:
    if libc.ptrace(seize, process, None, None) == 0:
        print("GAI" + "NED")
        break
"""
_ANSWERS = """
def linear_forward(x, weight, bias):
    {imports}
    return right(x, weight, bias)
"""

ATTACKS = [
    *family(
        "reading",
        "canary",
        the_gradebook="print(open(WORLD + '/course/gradebook.db').read())",
        the_journal_of_an_earlier_run="print(open(WORLD + '/course/.autograder/linear.jsonl').read())",
        another_student_s_work="print(open(WORLD + '/course/submitted/ada/linear/linear.ipynb').read())",
        another_student_s_feedback="print(open(WORLD + '/course/feedback/ada/linear/linear.html').read())",
        whatever_lies_about="""
import os
for folder, _, names in os.walk(WORLD):
    for name in names:
        try:
            print(open(os.path.join(folder, name)).read(1000))
        except OSError:
            pass
""",
        keys_at_home="""
import os
for home in {os.path.expanduser("~"), WORLD + "/home"}:
    if os.path.exists(home + "/.ssh/id"):
        print(open(home + "/.ssh/id").read())
""",
        the_environment="import os\nprint(os.environ)",
        the_environment_as_c_sees_it="""
import ctypes
libc = ctypes.CDLL(None)
libc.getenv.restype = ctypes.c_char_p
print(libc.getenv(b"CANARY"))
""",
        the_environment_of_processes=_PROCESSES.replace("@", "environ"),
        the_command_lines_of_processes=_PROCESSES.replace("@", "cmdline"),
        files_that_stand_open="""
import os
for file in range(256):
    try:
        print(os.pread(file, 1000, 0))
    except OSError:
        pass
""",
        files_that_others_hold_open="""
import os
for process in os.listdir("/proc"):
    try:
        for file in os.listdir(f"/proc/{process}/fd"):
            if os.path.isfile(f"/proc/{process}/fd/{file}"):
                print(open(f"/proc/{process}/fd/{file}", "rb").read(1000))
    except OSError:
        pass
""",
        roots_of_other_processes="""
import os
for process in os.listdir("/proc"):
    try:
        print(open(f"/proc/{process}/root{WORLD}/course/gradebook.db").read())
    except OSError:
        pass
""",
        the_memory_of_processes=_FROM_MEMORY,
        attaching_to_processes=_ATTACH,
        the_grader_s_objects="""
import gc
for thing in gc.get_objects():
    if type(thing) is dict:
        for value in list(thing.values()):
            if type(value) is str and value.startswith("canary-"):
                print(value)
""",
        the_callers_frames="""
import sys
def look(place):
    while place:
        print([value for value in [*place.f_locals.values(), *place.f_globals.values()] if type(value) is str])
        place = place.f_back
look(sys._getframe())
""",
        the_course_s_checks="""
print("GAI" + "NED" if "EXERCISES" in open(CHECKOUT + "/autograder/checks/linear.py").read() else "")
""",
        the_course_s_mistakes="import autograder.mistakes.linear as m\nprint('GAI' + 'NED' if m.MISTAKES else '')",
        the_way_to_the_checkout="""
import glob, os, sys
for folder in {*sys.path, *glob.glob("/site-packages/*")}:
    for found in glob.glob(folder + "/*layers_by_hand*"):
        for file in [found] if os.path.isfile(found) else glob.glob(found + "/*"):
            if CHECKOUT in open(file, errors="replace").read():
                print("GAI" + "NED")
""",
    ),
    *family(
        "answers",
        "mark",
        imported=_ANSWERS.format(imports="from solutions.linear import linear_forward as right"),
        read_and_run=_ANSWERS.format(
            imports="space = {'__name__': 'x'}\n"
            "    exec(open(CHECKOUT + '/solutions/linear.py').read(), space)\n    right = space['linear_forward']"
        ),
        by_a_path_of_ones_own=_ANSWERS.format(
            imports="import sys\n    sys.path.insert(0, CHECKOUT)\n"
            "    from solutions.linear import linear_forward as right"
        ),
        by_another_interpreter="""
import subprocess, sys, io
from functools import cache
def linear_forward(x, weight, bias):
    box = io.BytesIO()
    np.savez(box, x=x, weight=weight, bias=bias)
    code = ("import sys, io, numpy as np\\nsys.path.insert(0, %r)\\nfrom solutions.linear import linear_forward\\n"
            "d = np.load(io.BytesIO(sys.stdin.buffer.read()))\\n"
            "np.save(sys.stdout.buffer, linear_forward(d['x'], d['weight'], d['bias'])[0])" % CHECKOUT)
    return np.load(io.BytesIO(told(code, box.getvalue()))), None
@cache
def told(code, data):
    return subprocess.run([sys.executable, "-c", code], input=data, capture_output=True).stdout
""",
    ),
    Attack(
        "a file in the temporary folder",
        "earlier submissions",
        "canary",
        before="open('/tmp/left', 'w').write('GAI' + 'NED')",
        code="print(open('/tmp/left').read())",
    ),
    Attack(
        "a file in shared memory",
        "earlier submissions",
        "canary",
        before="open('/dev/shm/left', 'w').write('GAI' + 'NED')",
        code="print(open('/dev/shm/left').read())",
    ),
    Attack(
        "a segment of shared memory",
        "earlier submissions",
        "canary",
        before="""
import ctypes
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
ctypes.memmove(libc.shmat(libc.shmget(4711, 4096, 0o1666), None, 0), b"GAI" + b"NED", 7)
""",
        code="""
import ctypes
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
segment = libc.shmget(4711, 4096, 0o666)
print(ctypes.string_at(libc.shmat(segment, None, 0)).decode() if segment >= 0 else "")
""",
    ),
    Attack(
        "a module",
        "earlier submissions",
        "canary",
        before="import sys\nnp.left = sys.left = 'GAI' + 'NED'",
        code="import sys\nprint(getattr(np, 'left', ''), getattr(sys, 'left', ''))",
    ),
    Attack(
        "the environment",
        "earlier submissions",
        "canary",
        before="import os\nos.environ['LEFT'] = 'GAI' + 'NED'",
        code="import os\nprint(os.environ.get('LEFT'))",
    ),
    Attack(
        "a daemon that waits for the next",
        "earlier submissions",
        "canary",
        before="""
import os, socket
waiting = socket.socket(socket.AF_UNIX)
waiting.bind("\\0left-" + NAME)
waiting.listen()
if os.fork() == 0:
    os.setsid()
    while True:
        waiting.accept()[0].sendall(b"GAI" + b"NED")
""",
        code="""
import socket
with socket.socket(socket.AF_UNIX) as left:
    left.connect("\\0left-" + NAME)
    print(left.recv(100))
""",
    ),
]
