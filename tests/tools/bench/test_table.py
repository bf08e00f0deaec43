"""Tests of tools.bench.table."""

import pytest

from tools.bench.line import Bound, Race
from tools.bench.table import amount, table

EXPECTED = """\
| what   |  figure | beside  |   its figure | ratio |    wanted | reached |
| ------ | ------: | ------- | -----------: | ----: | --------: | ------- |
| drain  | 8,000/s | Postfix |      2,000/s |  4.00 |    ≥ 4.00 | yes     |
| post   |   500/s | Postfix |      1,000/s |  0.50 |    ≥ 0.75 | NO      |
| batch  |   500/s | Postfix | not measured |       |    ≥ 2.00 |         |
| median | 12.3 ms |         |              |       | ≤ 20.0 ms | yes     |
| beside |  5.0 ms |         |              |       |           |         |"""


def test_table_shows_each_figure_beside_what_it_is_held_against():
    shown = table(
        [
            Race("drain", 8000.0, "Postfix", 2000.0, 4.0),
            Race("post", 500.0, "Postfix", 1000.0, 0.75),
            Race("batch", 500.0, "Postfix", None, 2.0),
            Bound("median", 12.345, "ms", 20.0),
            Bound("beside", 5.0, "ms"),
        ]
    )

    assert shown == EXPECTED


def test_all_lines_of_a_table_are_equally_long():
    shown = table([Race("a very long name of a row", 1.0, "x", 1.0), Bound("b", 1.0, "ms")])

    assert len({len(line) for line in shown.splitlines()}) == 1


@pytest.mark.parametrize(
    ("figure", "unit", "shown"),
    [(12345.6, "/s", "12,346/s"), (0.25, "% core", "0.2 % core"), (99.94, "ms", "99.9 ms")],
)
def test_amount_has_as_many_places_as_mean_something(figure: float, unit: str, shown: str):
    assert amount(figure, unit) == shown
