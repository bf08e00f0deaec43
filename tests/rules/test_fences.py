"""What comes from outside stays where it belongs: each library and each door has its rooms."""

import ast
import sys

import pytest

from tests.rules.sources import dotted_uses, failing, files, imports, relative, tree

PAGES = ("panel/app.py", "panel/web/", "panel/api/", "panel/cli/")
STORAGE = ("panel/storage/",)
NETWORK = ("panel/drivers/", "panel/submission/")

FENCES: dict[str, tuple[str, ...]] = {
    "flask": PAGES,
    "flask_login": PAGES,
    "flask_wtf": PAGES,
    "wtforms": PAGES,
    "werkzeug": PAGES,
    "jinja2": PAGES,
    "flask_sqlalchemy": STORAGE,
    "alembic": STORAGE,
    "sqlalchemy": STORAGE,
    "sqlite3": STORAGE,
    "psycopg": STORAGE,
    "cryptography": STORAGE,
    "socket": (*NETWORK, "panel/cli/ports.py"),
    "socketserver": NETWORK,
    "ssl": NETWORK,
    "smtplib": NETWORK,
    "http.client": NETWORK,
    "http.server": NETWORK,
    "urllib.request": NETWORK,
    "httpx": NETWORK,
    "httpx2": NETWORK,
    "httpcore2": NETWORK,
    "h2": NETWORK,
    "requests": NETWORK,
    "urllib3": NETWORK,
    "dns": NETWORK,
    "asyncio.open_connection": NETWORK,
    "asyncio.start_server": NETWORK,
    "asyncio.streams": NETWORK,
    "asyncio.StreamReader": NETWORK,
    "asyncio.StreamWriter": NETWORK,
    "os.environ": ("panel/config.py", "panel/cli/__init__.py"),
    "os.getenv": ("panel/config.py",),
    "os.putenv": (),
}
PANEL = [path for path in files(".py") if relative(path).startswith("panel/")]


def within(name: str, fenced: str) -> bool:
    """Whether a dotted name is the fenced one or lies beneath it."""
    return name == fenced or name.startswith(f"{fenced}.")


def trespasses(module: ast.Module, place: str) -> set[str]:
    """The fenced names that a file at `place` uses without belonging there."""
    used = {*imports(module), *dotted_uses(module)}
    return {
        fenced
        for fenced, rooms in FENCES.items()
        if not place.startswith(rooms) and any(within(name, fenced) for name in used)
    }


def strangers(module: ast.Module) -> set[str]:
    """Imported names that are neither the standard library nor the domain itself."""
    return {
        name
        for name in imports(module)
        if name.split(".")[0] not in sys.stdlib_module_names and not within(name, "panel.domain")
    }


def test_each_library_stays_in_its_rooms():
    assert failing(PANEL, lambda path: trespasses(tree(path), relative(path))) == {}


def test_domain_uses_the_standard_library_only():
    domain = [path for path in PANEL if relative(path).startswith("panel/domain/")]

    assert domain
    assert failing(domain, lambda path: strangers(tree(path))) == {}


@pytest.mark.parametrize(
    ("source", "fenced"),
    [
        ("import flask", "flask"),
        ("from flask.globals import request", "flask"),
        ("from http import client", "http.client"),
        ("import asyncio\nasync def f():\n    await asyncio.open_connection('a', 1)", None),
        ("import os\nx = os.environ['A']", "os.environ"),
        ("from os import getenv", "os.getenv"),
    ],
)
def test_fence_sees_a_trespass(source: str, fenced: str | None):
    expected = {fenced or "asyncio.open_connection"}

    assert trespasses(ast.parse(source), "panel/sending/worker.py") == expected


def test_fence_lets_a_driver_open_a_connection():
    source = "import asyncio, ssl\nasyncio.open_connection('a', 1)"

    assert trespasses(ast.parse(source), "panel/drivers/dialler.py") == set()


def test_domain_rule_sees_a_stranger():
    source = "import enum\nfrom panel.domain.reply import Reply\nfrom panel.storage import models"

    assert strangers(ast.parse(source)) == {"panel.storage", "panel.storage.models"}
