"""A Chromium for the browser tests is found, or installed with a word about it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "ensure_chromium.py"
INSTALL = """
PATH=/usr/bin:/bin
case "$*" in *install*) cp "$0" "${0%/*}/chromium"; echo Unpacking;; esac
"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """The only folder on PATH."""
    add_program(tmp_path, "env", 'shift; exec "$@"')
    return tmp_path


def add_program(folder: Path, name: str, script: str) -> Path:
    """Put a small shell script on PATH."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)
    return path


def ensure(programs: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the tool with nothing but `programs` on PATH."""
    clean = {name: text for name, text in os.environ.items() if name != "POSTROOM_CHROMIUM"}
    return subprocess.run(
        [sys.executable, str(SCRIPT)],
        env={**clean, "PATH": str(programs), **settings},
        check=True,
        capture_output=True,
        text=True,
    )


def test_chromium_on_the_path_is_taken(programs: Path):
    browser = add_program(programs, "google-chrome", "")

    answer = ensure(programs)

    assert answer.stdout == f"{browser}\n"
    assert answer.stderr == ""


def test_named_chromium_comes_first(programs: Path):
    add_program(programs, "chromium", "")
    named = add_program(programs, "my-chromium", "")

    assert ensure(programs, POSTROOM_CHROMIUM=str(named)).stdout == f"{named}\n"


def test_missing_chromium_is_installed_with_a_word_about_it(programs: Path):
    add_program(programs, "apt-get", INSTALL)
    add_program(programs, "sudo", 'shift; exec "$@"')
    add_program(programs, "true", "")

    answer = ensure(programs)

    assert answer.stdout == f"{programs / 'chromium'}\n"
    assert "installing chromium and fonts-dejavu-core with apt-get" in answer.stderr
    assert "Unpacking" in answer.stderr
