"""Names say what a thing is, modules say what they hold, and nothing is left half done."""

import ast
import re
from pathlib import Path

import pytest

from tests.rules.sources import failing, files, functions, relative, tree

EMPTY_WORDS = r"utils?|helpers?|manager|common"
VAGUE_FILE = re.compile(rf"(^|_)({EMPTY_WORDS})(_|$)|^(data|info)$|^(process|handle)_")
VAGUE_FUNCTION = re.compile(rf"(^|_)({EMPTY_WORDS})(_|$)|^_?(data|info)$|^_?(process|handle)_[a-z]")
# The names that SQLAlchemy and WTForms give to their hooks.
PRESCRIBED = {
    "process_bind_param",
    "process_literal_param",
    "process_result_value",
    "process_formdata",
}
# Spelt backwards, so that this file passes its own rules.
MARKS = [word[::-1] for word in ("ODOT", "EMXIF", "KCAH", "rorrEdetnemelpmItoN")]
CALLS = [word[::-1] for word in ("piks", "fipiks", "peels.emit")]
UNFINISHED = re.compile(rf"\b({'|'.join(MARKS)}|X{{3}})\b")
EVASIVE = re.compile(rf"\b({'|'.join(CALLS)})\(|\bx{'liaf'[::-1]}\b|\bassert {'eurT'[::-1]}\b")
TESTS = [path for path in files(".py") if relative(path).startswith("tests/")]
PROGRAM = [path for path in files(".py") if relative(path).startswith("panel/")]


def vague_functions(module: ast.Module) -> list[str]:
    """Functions whose name could stand above any code."""
    names = [node.name for node in functions(module) if node.name not in PRESCRIBED]
    return [name for name in names if VAGUE_FUNCTION.search(name)]


def findings(pattern: re.Pattern[str], text: str) -> list[str]:
    """The lines that hold the pattern, with their numbers."""
    lines = enumerate(text.splitlines(), start=1)
    return [f"{number}: {line.strip()}" for number, line in lines if pattern.search(line)]


def is_vague(path: Path) -> list[str]:
    """The name of the file, when it could stand on any."""
    return [path.stem] if VAGUE_FILE.search(path.stem.strip("_")) else []


def undescribed(path: Path) -> list[str]:
    """The module, when it does not say what lives in it."""
    return [] if ast.get_docstring(tree(path)) else [path.stem]


def test_files_have_telling_names():
    assert failing(files(".py", ".html", ".js", ".css"), is_vague) == {}


def test_functions_have_telling_names():
    assert failing(PROGRAM, lambda path: vague_functions(tree(path))) == {}


def test_modules_say_what_lives_in_them():
    assert failing(files(".py"), undescribed) == {}


def test_nothing_is_left_half_done():
    texts = files(".py", ".html", ".js", ".css", ".md", ".toml", ".sh")

    assert failing(texts, lambda path: findings(UNFINISHED, path.read_text("utf-8"))) == {}


def test_tests_neither_evade_nor_sleep():
    assert failing(TESTS, lambda path: findings(EVASIVE, path.read_text("utf-8"))) == {}


@pytest.mark.parametrize("name", ["mail_utils", "common", "queue_manager", "info", "process_mail"])
def test_rule_sees_a_vague_file_name(name: str):
    assert VAGUE_FILE.search(name)


@pytest.mark.parametrize("name", ["utility_room", "information", "provider", "data_row"])
def test_rule_lets_a_telling_file_name_pass(name: str):
    assert not VAGUE_FILE.search(name)


def test_rule_sees_a_vague_function_but_not_a_protocol_hook():
    source = "def handle_mail(): ...\ndef handle_DATA(): ...\ndef data_received(): ..."

    assert vague_functions(ast.parse(source)) == ["handle_mail"]


def test_rule_sees_what_is_left_half_done():
    remark = "# ODOT"[::-1]

    assert findings(UNFINISHED, f"fine\n{remark} later\n") == [f"2: {remark} later"]
