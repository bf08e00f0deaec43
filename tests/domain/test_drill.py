"""What the state of its mail makes of a failover drill."""

import pytest

from panel.domain.delivery import DeliveryState
from panel.domain.drill import GOING_STATES, DrillResult, drill_result


@pytest.mark.parametrize("state", [*DeliveryState, None])
def test_a_mail_that_a_provider_took_passes_the_drill(state):
    assert drill_result(state, was_taken=True) is DrillResult.PASSED


@pytest.mark.parametrize("state", sorted(GOING_STATES))
def test_a_drill_goes_on_until_its_mail_has_had_its_round(state):
    assert drill_result(state, was_taken=False) is None


@pytest.mark.parametrize(
    "state", [*(state for state in DeliveryState if state not in GOING_STATES), None]
)
def test_a_mail_that_nobody_took_in_its_round_fails_the_drill(state):
    assert drill_result(state, was_taken=False) is DrillResult.FAILED


def test_a_mail_that_only_counts_as_sent_fails_the_drill():
    assert drill_result(DeliveryState.SENT, was_taken=False) is DrillResult.FAILED
