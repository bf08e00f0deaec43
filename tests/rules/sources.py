"""The project's own files as the rules look at them: paths, syntax trees, imported names."""

import ast
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("panel", "tests", "tools", "templates", "static", "translations")
Faults = dict[str, list[object]]
NOT_OURS = ("static/vendor/", "panel/storage/migrations/versions/")


def relative(path: Path) -> str:
    """The path as a rule names it, seen from the root of the checkout."""
    return path.relative_to(ROOT).as_posix()


@cache
def files(*suffixes: str) -> tuple[Path, ...]:
    """All files of the project with one of these suffixes; vendored and generated ones left out."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    ours = [
        path
        for path in [*found, *ROOT.glob("*")]
        if path.suffix in suffixes and path.is_file() and not relative(path).startswith(NOT_OURS)
    ]
    assert ours or suffixes != (".py",), "no source found: the rules look at the wrong place"
    return tuple(sorted(ours))


def failing(paths: Iterable[Path], faults: Callable[[Path], Collection[object]]) -> Faults:
    """The files in which a rule finds faults, each with them: what a rule's test wants empty."""
    return {relative(path): list(found) for path in paths if (found := faults(path))}


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of one Python file."""
    return ast.parse(path.read_text("utf-8"), filename=relative(path))


def imports(module: ast.Module) -> Iterator[str]:
    """Every dotted name that the module imports: `from a import b` gives both `a` and `a.b`."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def dotted_uses(module: ast.Module) -> Iterator[str]:
    """Every attribute chain such as `os.environ` or `asyncio.open_connection`."""
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            yield ast.unparse(node)


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of the module, inner ones too."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
