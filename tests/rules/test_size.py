"""Files and functions stay small enough to be read at once."""

import ast
from pathlib import Path

import pytest

from tests.rules.sources import files, functions, relative, tree

FILE_LINES = 300
FUNCTION_LINES = 30


def long_functions(module: ast.Module) -> list[str]:
    """Functions whose code, without the docstring, runs over the ceiling."""
    return [
        f"{node.name}: {lines}"
        for node in functions(module)
        if (lines := code_lines(node)) > FUNCTION_LINES
    ]


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines from `def` to the last statement, less those of the docstring."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node) is None:
        return lines
    docstring = node.body[0]
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


@pytest.mark.parametrize("path", files(".py", ".html", ".js", ".css"), ids=relative)
def test_file_is_short(path: Path):
    assert len(path.read_text("utf-8").splitlines()) <= FILE_LINES


@pytest.mark.parametrize("path", files(".py"), ids=relative)
def test_functions_are_short(path: Path):
    assert long_functions(tree(path)) == []


def test_rule_sees_a_long_function():
    source = "def long():\n    '''Doc.'''\n" + "    x = 1\n" * 30

    assert long_functions(ast.parse(source)) == ["long: 31"]
