"""Attacks on the run itself: processes that end, stop or never come back, and poison for the next student."""

from __future__ import annotations

from attacks.attack import family

_FUNCTION = "import os, signal, sys, time\ndef linear_forward(x, weight, bias):\n    "

ATTACKS = [
    *family(
        "ending",
        "next",
        exit_from_a_function=_FUNCTION + "os._exit(0)",
        exit_from_a_cell="import os\nos._exit(0)",
        abort=_FUNCTION + "os.abort()",
        a_fault_in_memory=_FUNCTION + "import ctypes; ctypes.string_at(0)",
        another_program_in_its_place=_FUNCTION + "os.execv(sys.executable, [sys.executable, '-c', ''])",
        a_stack_that_overflows=_FUNCTION
        + "import ctypes; resolve = ctypes.CDLL(None); resolve.raise_ = resolve['raise']; resolve.raise_(11)",
        killed_by_itself="import os\nos.kill(os.getpid(), 9)\nimport ctypes\nctypes.string_at(0)",
        its_whole_group="import os, time\nos.killpg(0, 9)\ntime.sleep(1)\nos._exit(0)",
        the_parent="import os, signal\nos.kill(os.getppid(), signal.SIGTERM)\nos.kill(os.getppid(), signal.SIGKILL)",
    ),
    *family(
        "stopping",
        "next",
        the_parent="import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)",
        itself=_FUNCTION + "os.kill(os.getpid(), signal.SIGSTOP); time.sleep(1000)",
        by_a_child="""
import os, signal, time
if os.fork() == 0:
    os.setsid()
    while True:
        for process in (os.getppid(), 1):
            try:
                os.kill(process, signal.SIGSTOP)
            except OSError:
                pass
        time.sleep(0.01)
time.sleep(0.1)
def linear_forward(x, weight, bias):
    time.sleep(1000)
""",
        a_sleep_that_hears_no_alarm="""
import signal, time
def linear_forward(x, weight, bias):
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    time.sleep(1000)
""",
        a_sleep_that_swallows_it="""
import time
def linear_forward(x, weight, bias):
    while True:
        try:
            time.sleep(1000)
        except BaseException:
            pass
""",
        a_cell_that_waits="import time\ntime.sleep(1000)",
        a_lock_taken_twice="import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
        a_number_without_end="def linear_forward(x, weight, bias):\n    return 9 ** 9 ** 9, None",
        an_exception_that_is_never_told="""
import time
class Slow(Exception):
    def __str__(self):
        time.sleep(1000)
def linear_forward(x, weight, bias):
    str(Slow())
    raise Slow()
""",
        a_little_each_time="""
import time
def linear_forward(x, weight, bias):
    time.sleep(1.2)
    return np.zeros((len(x), weight.shape[1])), None
def linear_backward(dout, cache):
    time.sleep(1.2)
def xavier_uniform(fan_in, fan_out, rng):
    time.sleep(1.2)
    return np.zeros((fan_in, fan_out))
kaiming_normal = xavier_uniform
""",
        a_thread_that_never_ends="""
import threading, time
threading.Thread(target=time.sleep, args=(1000,), daemon=False).start()
""",
    ),
    *family(
        "poison for the next",
        "next",
        comparisons_that_refuse="np.allclose = lambda *a, **k: False\nnp.array_equal = np.allclose",
        numpy_with_other_random_numbers="np.random.default_rng = None",
        warnings_as_errors="np.seterr(all='raise')\nnp.abs = lambda x: x / 0",
        a_shorter_builtin="import builtins\nbuiltins.len = lambda x: 1",
        modules_replaced="import sys\nsys.modules['numpy'] = None",
        an_importer="import builtins\ndel builtins.__import__",
        a_smaller_recursion_limit="import sys, threading\nsys.setrecursionlimit(60)",
        no_more_files="import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))",
        no_more_writing="import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\nprint('x')",
        the_gradebook_written="""
import json, os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(0.4)
    open(WORLD + "/course/marks.json", "w").write(json.dumps({"next": 0}))
    os._exit(0)
""",
        the_gradebook_written_at_the_end="""
import atexit, time
def write(open=open, path=WORLD + "/course/marks.json", sleep=time.sleep):
    sleep(0.2)
    open(path, "w").write('{"next": 0}')
atexit.register(write)
""",
        the_reference_spoiled="import solutions.linear as s\ns.linear_forward = lambda *a: (np.ones((5, 3)), 0)",
        another_student_s_notebook="""
path = WORLD + "/course/submitted/next/linear/linear.ipynb"
text = open(path).read()
open(path, "w").write(text.replace("flat @ weight", "flat @ weight * 2"))
""",
    ),
]
