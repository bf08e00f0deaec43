"""Outcomes survive their way through the database unchanged."""

import json

from panel.domain.delivery import DeliveryState
from panel.domain.submission import Accepted, AcceptedDelivery, FieldError, InvalidSubmission
from panel.services.submission_answers import as_stored, from_stored

ACCEPTED = Accepted(
    "01M7WXG2PQCMTCP63JJST02HZF",
    (
        AcceptedDelivery(1, "lena@contoso.test", DeliveryState.QUEUED),
        AcceptedDelivery(2, "omar@contoso.test", DeliveryState.QUEUED),
    ),
)
REFUSED = InvalidSubmission((FieldError("to", "There is none."), FieldError("text", "Nor this.")))


def test_outcomes_come_back_in_order_as_they_were():
    stored = json.loads(json.dumps(as_stored([ACCEPTED, REFUSED, ACCEPTED])))

    first, refused, last = from_stored(stored)

    assert first == last == ACCEPTED
    assert isinstance(first, Accepted)
    assert isinstance(first.deliveries[0].state, DeliveryState)
    assert isinstance(refused, InvalidSubmission)
    assert refused.errors == REFUSED.errors
