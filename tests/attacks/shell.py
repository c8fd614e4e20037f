"""Attacks on what runs the cells: IPython's transformers and hooks, and a notebook's tags and metadata."""

from __future__ import annotations

from typing import Any

from attacks.attack import Attack, family


def _checks(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in document["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")]


def _skip(document: dict[str, Any]) -> None:
    for cell in _checks(document):
        cell["metadata"]["tags"] = ["skip-execution"]


def _say_the_points(document: dict[str, Any]) -> None:
    for cell in _checks(document):
        cell["source"] = "1000.0"


def _empty(document: dict[str, Any]) -> None:
    for cell in _checks(document):
        cell["source"] = ""


def _raise_the_points(document: dict[str, Any]) -> None:
    for cell in _checks(document):
        cell["source"] = "pass"
        cell["metadata"]["nbgrader"]["points"] = 1000


def _copy_with_others_names(document: dict[str, Any]) -> None:
    for number in range(3):
        nbgrader = {"grade": True, "grade_id": f"extra-{number}", "points": 50, "solution": False}
        document["cells"].append(
            {"cell_type": "code", "source": "pass", "metadata": {"nbgrader": nbgrader}, "outputs": []}
        )


def _check_cell_first(document: dict[str, Any]) -> None:
    """The name that the checks use stands for something else by the time they run."""
    for cell in _checks(document):
        cell["source"] = f"try:\n    1 / 0\nexcept ZeroDivisionError:\n    pass\n# {cell['source'].splitlines()[0]}"


ATTACKS = [
    *family(
        "hooks in the shell",
        "mark",
        input_transformer="get_ipython().input_transformers_post.append(lambda lines: ['pass\\n'])",
        syntax_transformer="""
import ast
class Remove(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
get_ipython().ast_transformers.append(Remove())
""",
        run_cell_replaced="""
shell = get_ipython()
real = type(shell).run_cell
def run_cell(self, source, *a, **k):
    return real(self, "pass")
type(shell).run_cell = run_cell
""",
        asynchronous_run_cell_replaced="""
shell = get_ipython()
real = type(shell).run_cell_async
async def run_cell_async(self, source, *a, **k):
    return await real(self, "pass", transformed_cell="pass", store_history=False)
type(shell).run_cell_async = run_cell_async
""",
        success_by_definition="""
from IPython.core.interactiveshell import ExecutionResult
ExecutionResult.success = property(lambda self: True)
""",
        the_transformer_s_class="""
from IPython.core.inputtransformer2 import TransformerManager
TransformerManager.transform_cell = lambda self, cell: "pass\\n"
""",
        a_compiler_of_nothing="""
import ast
get_ipython().compile.ast_parse = lambda *a, **k: ast.Module([], [])
""",
        an_event_before_each_cell="""
def before(*a):
    import sys
    import solutions.linear as right
    space = sys.modules["__main__"].__dict__ if "get_ipython" in vars(sys.modules["__main__"]) else {}
    get_ipython().user_ns["linear_forward"] = right.linear_forward
get_ipython().events.register("pre_run_cell", before)
""",
    ),
    Attack("checks that are skipped", "tags and metadata", "mark", edit=_skip),
    Attack("checks that say the points", "tags and metadata", "mark", edit=_say_the_points),
    Attack("checks that are empty", "tags and metadata", "mark", edit=_empty),
    Attack("points raised", "tags and metadata", "mark", edit=_raise_the_points),
    Attack("further checks", "tags and metadata", "mark", edit=_copy_with_others_names),
    Attack("checks that catch their own faults", "tags and metadata", "mark", edit=_check_cell_first),
]
