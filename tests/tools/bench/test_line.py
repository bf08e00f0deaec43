"""Tests of tools.bench.line."""

import pytest

from tools.bench.line import Bound, Race


@pytest.mark.parametrize(("figure", "is_reached"), [(400.0, True), (401.0, True), (399.0, False)])
def test_race_is_reached_from_the_wanted_ratio_on(figure: float, is_reached: bool):
    assert Race("drain", figure, "Postfix", 100.0, 4.0).is_reached is is_reached


def test_race_without_its_rival_has_neither_ratio_nor_answer():
    line = Race("drain", 400.0, "Postfix", None, 4.0)

    assert (line.ratio, line.is_reached) == (None, None)


def test_race_that_only_informs_has_a_ratio_and_no_answer():
    line = Race("drain", 400.0, "Postfix", 200.0)

    assert (line.ratio, line.is_reached) == (2.0, None)


@pytest.mark.parametrize(("figure", "is_reached"), [(20.0, True), (20.1, False)])
def test_bound_is_kept_up_to_its_limit(figure: float, is_reached: bool):
    assert Bound("median", figure, "ms", 20.0).is_reached is is_reached


def test_bound_without_a_limit_only_informs():
    assert Bound("median", 5.0, "ms").is_reached is None
