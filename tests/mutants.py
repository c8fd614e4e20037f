"""Small slips put into the right answers one at a time: wrong code that is on no list, and must be refused too."""

from __future__ import annotations

import ast
import copy
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import CodeType, ModuleType
from typing import Any
from unittest import mock

from autograder.registry import CHAPTERS

_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult,
}
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
}
_NAMES = {
    "sum": "mean",
    "mean": "sum",
    "max": "min",
    "min": "max",
    "maximum": "minimum",
    "exp": "expm1",
    "log": "log2",
    "sqrt": "cbrt",
    "tanh": "sin",
    "uniform": "normal",
    "normal": "uniform",
}


@dataclass(frozen=True)
class Mutant:
    """The functions of a chapter with one slip in them, and where it is."""

    chapter: str
    function: str
    change: str
    functions: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.function}: {self.change}"


def mutants(chapter: str) -> Iterator[Mutant]:
    """All slips, one at a time, in all functions of a chapter's solutions; checks of arguments are left alone.

    What several chapters share is the first one's: the later ones need not use all of it.
    """
    own = f"solutions.{chapter}"
    earlier = {name for other in CHAPTERS[: CHAPTERS.index(chapter)] for name in _used_by(f"solutions.{other}")}
    for name in (own, *(name for name in _used_by(own) if name not in earlier)):
        tree = ast.parse(_source(name))
        for number, function in enumerate(_functions(tree)):
            if function.name.startswith("_require") or function.name == "__init__":
                continue  # a network of other sizes is a right one, too
            for change, slipped_function in _slips(function):
                slipped = copy.deepcopy(tree)
                list(_functions(slipped))[number].body = slipped_function.body
                module = _made_of(name, _compiled(slipped))
                with mock.patch.dict(sys.modules, {name: module}):
                    for user in (*_used_by(own), own):
                        if name in _used_by(user):
                            sys.modules[user] = module = _made_of(user, _right(user))
                yield Mutant(chapter, function.name, change, vars(module))


@cache
def _source(name: str) -> str:
    return inspect.getsource(import_module(name))


@cache
def _used_by(name: str) -> tuple[str, ...]:
    """The private modules and the parts of chapters that a module is made of; each after those that it imports from."""
    found: dict[str, None] = {}
    for node in ast.parse(_source(name)).body:
        module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        if module.startswith(("solutions._", *(f"solutions.{chapter}_" for chapter in CHAPTERS))):
            found |= dict.fromkeys((*_used_by(module), module))
    return tuple(found)


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """The functions of a module, and the methods of its classes."""
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        yield from (each for each in inner if isinstance(each, ast.FunctionDef))


@cache
def _right(name: str) -> CodeType:
    return _compiled(ast.parse(_source(name)))


def _compiled(tree: ast.Module) -> CodeType:
    return compile(ast.fix_missing_locations(tree), "<mutant>", "exec")


def _made_of(name: str, code: CodeType) -> ModuleType:
    module = ModuleType(name)
    exec(code, vars(module))
    return module


def _slips(function: ast.FunctionDef) -> Iterator[tuple[str, ast.FunctionDef]]:
    for number, node in enumerate(_code(function)):
        for variant in range(len(list(_changes(node)))):
            slipped = copy.deepcopy(function)
            target = list(_code(slipped))[number]
            shown = _shown(slipped, target)
            before = ast.unparse(shown)
            list(_changes(target))[variant]()
            if ast.unparse(shown) != before:
                yield f"line {getattr(node, 'lineno', 0)}, {before} -> {ast.unparse(shown)}", slipped


def _shown(function: ast.FunctionDef, target: ast.AST) -> ast.AST:
    """What a change is told by: of a number its sign, too, and all of a slice that it bounds."""
    around = {inner: outer for outer in ast.walk(function) for inner in ast.iter_child_nodes(outer)}
    while isinstance(target, ast.Slice) or isinstance(around[target], ast.Slice | ast.UnaryOp):
        target = around[target]
    return target


def _code(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes of a body, without its docstring and without what only refuses bad arguments."""
    for statement in function.body:
        docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        refusal = isinstance(statement, ast.If) and all(isinstance(inner, ast.Raise) for inner in statement.body)
        annotation = isinstance(statement, ast.AnnAssign) and isinstance(statement.value, ast.Name)
        if not (docstring or refusal or annotation):
            yield from ast.walk(statement)


def _changes(node: ast.AST) -> Iterator[Any]:  # noqa: C901 - a list of ways to slip
    """Each way to slip at this node, as a function that makes the change in place."""
    if isinstance(node, ast.BinOp):
        if type(node.op) in _OPERATORS:
            yield lambda: setattr(node, "op", _OPERATORS[type(node.op)]())
        if isinstance(node.op, ast.Sub | ast.Div | ast.MatMult | ast.Pow):
            yield lambda: node.__dict__.update(left=node.right, right=node.left)
        yield lambda: node.__dict__.update(op=ast.Mult(), right=ast.Constant(1))
    if isinstance(node, ast.AugAssign) and type(node.op) in _OPERATORS:
        yield lambda: setattr(node, "op", _OPERATORS[type(node.op)]())
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        yield lambda: setattr(node, "ops", [_COMPARISONS[type(node.ops[0])](), *node.ops[1:]])
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield lambda: setattr(node, "value", node.value + 1)
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        yield lambda: setattr(node, "value", not node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield lambda: setattr(node, "op", ast.UAdd())
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield lambda: setattr(node, "attr", "real")
    if isinstance(node, ast.Attribute) and node.attr in _NAMES:
        yield lambda: setattr(node, "attr", _NAMES[node.attr])
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        elements = node.value.elts
        for first in range(len(elements) - 1):
            yield lambda at=first: elements.__setitem__(slice(at, at + 2), elements[at : at + 2][::-1])
