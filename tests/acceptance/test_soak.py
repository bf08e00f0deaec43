"""A short soak: faults of all kinds, and a reckoning that is right."""

import subprocess
import sys

import pytest

from tests.kit.processes import ROOT


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_short_soak_keeps_every_mail(database):
    arguments = ["--minutes", "0.3", "--seed", "4711", "--database", database]
    soak = subprocess.run(
        [sys.executable, "-m", "tools.soak", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=110,
        check=False,
    )
    sys.stdout.write(soak.stdout)  # shown where the test fails, or with -s

    assert soak.returncode == 0, soak.stdout
