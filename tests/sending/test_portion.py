"""Portions fit the time that they may take."""

from panel.sending.portion import Portion


def test_a_portion_grows_while_it_is_quick_and_shrinks_when_it_was_slow():
    portion = Portion(least=50, most=500, at_most_s=0.02)
    sizes = []
    for took_s in (0.0, 0.0, 0.015, 1.0, 1.0, 1.0, *[0.0] * 4):
        portion.fit(took_s)
        sizes.append(portion.size)

    assert sizes == [100, 200, 200, 100, 50, 50, 100, 200, 400, 500]
