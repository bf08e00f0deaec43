"""The virtual environment of the rivals that are Python programs, from requirements/bench.txt."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from panel.config import CHECKOUT
from tools.bench.processes import finished

PLACE = CHECKOUT / ".venv-bench"
LOCK = CHECKOUT / "requirements" / "bench.txt"
INSTALL_S = 300.0


def python() -> Path:
    """Its interpreter; made now when it is not there or older than its lock.

    NotMeasured when it cannot be made, for example without a network.
    """
    program, stamp = PLACE / "bin" / "python", PLACE / "bench.stamp"
    if stamp.exists() and stamp.read_bytes() == LOCK.read_bytes():
        return program
    print("  making the virtual environment of the rivals, .venv-bench", flush=True)
    uv = shutil.which("uv")
    if uv:
        make = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(PLACE)]
        installer = [uv, "pip", "install", "--quiet", "--python", str(program)]
    else:
        make = [sys.executable, "-m", "venv", "--clear", str(PLACE)]
        installer = [str(program), "-m", "pip", "install", "--quiet"]
    finished(make, timeout_s=INSTALL_S)
    finished([*installer, "--require-hashes", "-r", str(LOCK)], timeout_s=INSTALL_S)
    shutil.copyfile(LOCK, stamp)
    return program


def version(package: str) -> str:
    """The version of a package in its lock."""
    for line in LOCK.read_text("utf-8").splitlines():
        if line.startswith(f"{package}=="):
            return line.split()[0].partition("==")[2]
    return ""
