"""The lines as a table that reads well on a terminal and can stand in a Markdown page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tools.bench.line import Bound, Compared, Line

HEAD = ("what", "figure", "beside", "its figure", "ratio", "wanted", "reached")
IS_NUMBER = (False, True, False, True, True, True, False)


def table(lines: Iterable[Line]) -> str:
    """One row for each line."""
    return "\n".join(_aligned([row(line) for line in lines]))


def row(line: Line) -> tuple[str, ...]:
    """The cells of one line."""
    if isinstance(line, Bound):
        wanted = "" if line.at_most is None else f"≤ {amount(line.at_most, line.unit)}"
        shown = amount(line.figure, line.unit)
        return (line.what, shown, "", "", "", wanted, _answer(line))
    ratio = "" if line.ratio is None else f"{line.ratio:.2f}"
    if isinstance(line, Compared):
        times = "" if line.at_most_times is None else f", ≤ {line.at_most_times:.1f} times"
        return (
            line.what,
            amount(line.figure, line.unit),
            "few rows",
            amount(line.beside, line.unit),
            ratio,
            f"≤ {amount(line.at_most, line.unit)}{times}",
            _answer(line),
        )
    return (
        line.what,
        amount(line.figure, line.unit),
        line.rival,
        "not measured" if line.rival_figure is None else amount(line.rival_figure, line.unit),
        ratio,
        "" if line.wanted is None else f"≥ {line.wanted:.2f}",
        _answer(line),
    )


def amount(figure: float, unit: str) -> str:
    """A figure with as many places as mean something."""
    number = f"{figure:,.0f}" if figure >= 100 else f"{figure:.1f}"
    return f"{number}{unit}" if unit.startswith("/") else f"{number} {unit}"


def _answer(line: Line) -> str:
    return {True: "yes", False: "NO", None: ""}[line.is_reached]


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    everything = [HEAD, *rows]
    widths = [max(len(cells[at]) for cells in everything) for at in range(len(HEAD))]
    rule = [
        f"{'-' * (width - 1)}:" if is_number else "-" * width
        for width, is_number in zip(widths, IS_NUMBER, strict=True)
    ]
    return [_joined(cells, widths) for cells in (HEAD, tuple(rule), *rows)]


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.rjust(width) if is_number else cell.ljust(width)
        for cell, width, is_number in zip(cells, widths, IS_NUMBER, strict=True)
    ]
    return f"| {' | '.join(padded)} |"
