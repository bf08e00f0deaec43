"""The vendored front-end files are the listed ones, licensed, and hold every icon that is used."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
ROWS = json.loads((STATIC / "vendor" / "versions.json").read_text("utf-8"))
SPRITE = (STATIC / "icons.svg").read_text("utf-8")


def check(static: Path) -> subprocess.CompletedProcess[str]:
    """Run the refresh tool's offline check on one static folder."""
    command = [sys.executable, str(ROOT / "tools" / "refresh_vendor.py"), "--check"]
    return subprocess.run(
        [*command, "--static", str(static)], check=False, capture_output=True, text=True
    )


def a_copy(tmp_path: Path) -> Path:
    """Copy the static folder to where a test may spoil it."""
    return shutil.copytree(STATIC, tmp_path / "static")


def test_each_listed_file_has_its_hash_and_a_licence_beside_it():
    assert {row["name"] for row in ROWS} >= {"htmx.org", "sortablejs", "@tabler/core", "uplot"}
    for row in ROWS:
        digest = hashlib.sha256((STATIC / row["file"]).read_bytes()).hexdigest()
        assert digest == row["sha256"], row["file"]
        assert "ermission" in (STATIC / row["licence_file"]).read_text("utf-8"), row["file"]


def test_check_passes_on_what_is_vendored():
    answer = check(STATIC)

    assert (answer.returncode, answer.stdout) == (0, "The vendored files are as listed.\n")


def test_check_names_a_changed_file(tmp_path):
    static = a_copy(tmp_path)
    (static / ROWS[0]["file"]).write_text("changed", "utf-8")

    answer = check(static)

    assert answer.returncode == 1
    assert f"{ROWS[0]['file']} differs" in answer.stdout


def test_check_names_a_file_nobody_listed_and_a_missing_licence(tmp_path):
    static = a_copy(tmp_path)
    (static / "vendor" / "stowaway.js").write_text("", "utf-8")
    (static / ROWS[0]["licence_file"]).unlink()

    answer = check(static)

    assert answer.returncode == 1
    assert "vendor/stowaway.js is not listed" in answer.stdout
    assert f"{ROWS[0]['licence_file']} is missing" in answer.stdout


def test_every_icon_named_in_a_template_is_in_the_sprite():
    named = {
        name
        for template in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r"icon\(\s*'([a-z0-9-]+)'", template.read_text("utf-8"))
    }

    assert named
    assert {name for name in named if f'id="{name}"' not in SPRITE} == set()
