"""Files and functions stay small enough to be read at once."""

import ast
from pathlib import Path

from tests.rules.sources import failing, files, functions, tree

FILE_LINES = 300
FUNCTION_LINES = 30


def surplus_lines(path: Path) -> list[str]:
    """The lines of a file that lie beyond the ceiling."""
    return path.read_text("utf-8").splitlines()[FILE_LINES:]


def long_functions(module: ast.Module) -> list[str]:
    """Functions whose code, signature and docstring left out, runs over the ceiling."""
    return [
        f"{node.name}: {lines}"
        for node in functions(module)
        if (lines := code_lines(node)) > FUNCTION_LINES
    ]


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines from the first statement to the last, the docstring left out."""
    statements = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or 0) - statements[0].lineno + 1 if statements else 0


def test_files_are_short():
    assert failing(files(".py", ".html", ".js", ".css"), surplus_lines) == {}


def test_functions_are_short():
    assert failing(files(".py"), lambda path: long_functions(tree(path))) == {}


def test_rule_sees_a_long_function():
    source = "def long():\n    '''Doc.'''\n" + "    x = 1\n" * 31

    assert long_functions(ast.parse(source)) == ["long: 31"]


def test_rule_sees_a_long_file(tmp_path: Path):
    long = tmp_path / "long.py"
    long.write_text("x = 1\n" * 301, "utf-8")

    assert surplus_lines(long) == ["x = 1"]
