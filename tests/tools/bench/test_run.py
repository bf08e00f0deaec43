"""Tests of tools.bench.__main__: rows alone and together, and what is left afterwards."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit.processes import ROOT
from tools.bench import __main__ as program
from tools.bench.bench import FULL, QUICK, Bench
from tools.bench.databases import Databases
from tools.bench.line import Bound, Line, NotMeasured, Race
from tools.bench.rows import ROWS
from tools.bench.rows.latency import share


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A run that has not begun."""
    return Bench(QUICK, tmp_path, Databases(tmp_path))


def a_row(bench: Bench) -> Iterator[Line]:
    """Gives one line."""
    yield Bound("fine", 1.0, "ms")


def a_broken_row(bench: Bench) -> Iterator[Line]:
    """Gives one line, then breaks."""
    yield Bound("before", 1.0, "ms")
    raise ZeroDivisionError("by zero")


def an_absent_row(bench: Bench) -> Iterator[Line]:
    """Cannot be measured."""
    raise NotMeasured("Postfix is not installed.")
    yield


def test_row_that_breaks_costs_neither_its_first_lines_nor_other_rows(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    for name, row in (("broken", a_broken_row), ("absent", an_absent_row), ("fine", a_row)):
        monkeypatch.setitem(ROWS, name, row)

    lines = program.run(bench, ["broken", "absent", "fine"])

    assert [line.what for line in lines] == ["before", "fine"]
    assert bench.remarks == [
        "broken: broke: ZeroDivisionError('by zero')",
        "absent: Postfix is not installed.",
    ]


def test_row_that_takes_too_long_is_given_up_wherever_it_is(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    def endless() -> float:
        return float(threading.Event().wait(60))

    def an_endless_row(bench: Bench) -> Iterator[Line]:
        yield Race("never", 1.0, "Rival", bench.best("Rival", {"any": endless, "other": endless}))

    monkeypatch.setitem(ROWS, "endless", an_endless_row)
    bench.sizes = replace(QUICK, row_s=0.2)

    assert program.run(bench, ["endless"]) == []
    assert bench.remarks == ["endless: given up after 0 s"]


def test_report_of_a_quick_run_says_that_it_means_little():
    known = {"remarks": ["a remark"], "known": ["a fact"]}
    line = Bound("fine", 1.0, "ms")

    quick = program.report([line], size="quick", **known)
    full = program.report([line], size="full", **known)

    assert "too short" in quick
    assert "too short" not in full
    assert quick.endswith(full)
    assert full.endswith("- a remark\n- a fact")


def test_best_setting_of_a_rival_counts_and_is_named(bench: Bench):
    best = bench.best("Rival", {"slow": lambda: 1.0, "quick": lambda: 2.0})

    assert best == 2.0
    assert bench.remarks == ["Rival was best with quick, of 2 settings."]


def test_rival_that_is_missing_leaves_its_reason(bench: Bench):
    def missing() -> float:
        raise NotMeasured("It is not installed.")

    assert bench.best("Rival", {"any": missing, "other": missing}) is None
    assert bench.remarks == ["Rival was not measured: It is not installed."]


def test_better_of_two_tries_counts(bench: Bench):
    figures = {"SQLite FULL": iter([3.0, 2.0]), "PostgreSQL": iter([4.0, 5.0])}

    ours = bench.ours("draining", lambda _, kind: next(figures[kind]))

    assert ours == {"SQLite FULL": 3.0, "PostgreSQL": 5.0}


@pytest.mark.parametrize(
    ("part", "expected"), [(0.5, 51.0), (0.99, 100.0), (0.0, 1.0), (1.0, 100.0)]
)
def test_share_of_waits_is_read_from_their_order(part: float, expected: float):
    assert share([float(wait) for wait in range(100, 0, -1)], part) == expected


def test_full_size_is_that_of_the_promises():
    assert (FULL.drained, FULL.backlog, FULL.idle_s) == (20_000, 1_000_000, 60)
    assert FULL.one_by_one >= 200


def test_program_measures_a_chosen_row_and_leaves_nothing_behind(tmp_path: Path):
    output = tmp_path / "report.md"
    places = tmp_path / "places"
    places.mkdir()
    command = [sys.executable, "-m", "tools.bench", "limit", "--size", "quick"]

    done = subprocess.run(
        [*command, "--output", str(output), "--folder", str(places)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    report = output.read_text("utf-8")
    assert "| connections alone, no queue |" in report
    assert "load average" in report
    assert done.stdout.endswith(f"\n{report}")
    assert list(places.iterdir()) == []


def test_unknown_row_is_refused_with_the_names_of_all():
    command = [sys.executable, "-m", "tools.bench", "sprint"]

    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 2
    assert all(name in done.stderr for name in ROWS)
