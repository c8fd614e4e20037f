"""Attacks on whoever compares: patched functions, arrays that lie, and what the comparison leaves lying about."""

from __future__ import annotations

from attacks.attack import family

_LIAR = """
class Liar(np.ndarray):
    {method}

def linear_forward(x, weight, bias):
    return np.zeros((len(x), weight.shape[1])).view(Liar), None
"""

ATTACKS = [
    *family(
        "patched functions",
        "mark",
        allclose="np.allclose = lambda *a, **k: True",
        assert_allclose="import numpy.testing\nnumpy.testing.assert_allclose = lambda *a, **k: None",
        norm="np.linalg.norm = lambda *a, **k: 0.0",
        absolute_value="np.abs = np.absolute = lambda x: np.zeros(1)",
        array_equal="np.array_equal = lambda *a, **k: True",
        another_numpy_in_the_namespace="""
class Agreeable:
    def __getattr__(self, name): return real.random if name == "random" else lambda *a, **k: True
real, np = np, Agreeable()
""",
        builtins_that_agree="import builtins\nbuiltins.all = lambda *a: True",
        random_numbers_that_are_none="""
class Zeros:
    def standard_normal(self, shape): return np.zeros(shape)
np.random.default_rng = lambda *a: Zeros()
""",
        the_reference_replaced="""
import sys, types
false = types.ModuleType("solutions.linear")
false.linear_forward = linear_forward
sys.modules["solutions.linear"] = false
""",
        an_importer_of_ones_own="""
import builtins
real = builtins.__import__
def importer(name, *rest):
    module = real(name, *rest)
    if "solutions" in name:
        module.linear_forward = linear_forward
        getattr(module, "linear", module).linear_forward = linear_forward
    return module
builtins.__import__ = importer
""",
        inputs_set_to_nought="""
def linear_forward(x, weight, bias):
    for array in (x, weight, bias):
        array[...] = 0
    return np.zeros((len(x), weight.shape[1])), None
""",
    ),
    *family(
        "looking at the caller",
        "mark",
        expected_values_in_a_frame="""
import sys
def linear_forward(x, weight, bias):
    place = sys._getframe()
    while place:
        for space in (place.f_locals, place.f_globals):
            if isinstance(space.get("expected"), np.ndarray):
                return space["expected"].copy(), None
        place = place.f_back
    return np.zeros((len(x), weight.shape[1])), None
""",
        expected_values_overwritten="""
import sys
def linear_forward(x, weight, bias):
    place = sys._getframe()
    while place:
        if isinstance(place.f_globals.get("expected"), np.ndarray):
            place.f_globals["expected"][...] = 0
        place = place.f_back
    return np.zeros((len(x), weight.shape[1])), None
""",
        a_trace_that_swaps_the_result="""
import sys
def trace(frame, event, argument):
    space = frame.f_globals
    if isinstance(space.get("expected"), np.ndarray) and "got" in space:
        space["got"] = space["expected"]
    return trace
sys.settrace(trace)
""",
        the_reference_in_memory="""
import sys
def linear_forward(x, weight, bias):
    found = sys.modules.get("solutions.linear")
    return found.linear_forward(x, weight, bias) if found else (np.zeros((len(x), weight.shape[1])), None)
""",
        any_function_of_that_name="""
import gc, types
mine = linear_forward
def linear_forward(x, weight, bias):
    for thing in gc.get_objects():
        if type(thing) is types.FunctionType and thing.__name__ == "linear_forward" and "__main__" != thing.__module__:
            return thing(x, weight, bias)
    return mine(x, weight, bias)
""",
    ),
    *family(
        "arrays that lie",
        "mark",
        array_function=_LIAR.format(method="def __array_function__(self, *a): return True"),
        array_ufunc=_LIAR.format(method="def __array_ufunc__(self, *a, **k): return np.ones((5, 3), bool)"),
        operators=_LIAR.format(
            method="__sub__ = __rsub__ = lambda self, other: np.zeros((5, 3))\n"
            "    __eq__ = lambda self, other: np.ones((5, 3), bool)"
        ),
        an_array_interface_that_looks_up="""
import sys
class Late:
    shape = (5, 3)
    def __array__(self, *a, **k):
        place = sys._getframe()
        while place:
            for value in place.f_locals.values():
                if isinstance(value, np.ndarray) and value.shape == (5, 3):
                    return value
            place = place.f_back
        return np.zeros((5, 3))
def linear_forward(x, weight, bias):
    return Late(), None
""",
        entries_that_lie="""
class Entry:
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __eq__(self, other): return True
def linear_forward(x, weight, bias):
    out = np.empty((len(x), weight.shape[1]), object)
    out[...] = Entry()
    return out, None
""",
        masked="def linear_forward(x, weight, bias):\n    return np.ma.masked_all((len(x), weight.shape[1])), None",
        not_a_number="def linear_forward(x, weight, bias):\n    return np.full((len(x), len(bias)), np.nan), None",
        a_class_that_says_it_is_an_array="""
class Chameleon:
    __class__ = np.ndarray
    shape = (5, 3)
    def __sub__(self, other): return np.zeros((5, 3))
    def __eq__(self, other): return np.ones((5, 3), bool)
def linear_forward(x, weight, bias):
    return Chameleon(), None
""",
    ),
]
