"""One mail handed to one provider at once, by the sender's own driver: no queue, nobody else asked.

Only for test mails: whoever sends one wants to know of this provider, and waits for the answer.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

from panel.domain.outcome import Fault, Outcome, Stage
from panel.domain.provider import ConnectionIdentity
from panel.domain.smtp_outcomes import classify
from panel.domain.submission import Submission
from panel.drivers import registry
from panel.drivers.contract import Account, Parcel, Timeouts
from panel.drivers.egress import EgressPolicy
from panel.sending.address import wire_address
from panel.sending.compose import compose
from panel.sending.probe import account

TIMEOUTS = Timeouts(connect_s=10.0, command_s=10.0, body_s=20.0, final_s=30.0, quit_s=1.0)
"""Shorter than those of a worker: a person looks on."""


def hand_over(
    submission: Submission,
    *,
    message_id: str,
    date: datetime,
    identity: ConnectionIdentity,
    secret: str,
    egress: EgressPolicy,
) -> Outcome:
    """What came of a checked mail with a sender and one recipient.

    Never raises for what the other side did.
    """
    composed = compose(submission, message_id=message_id, date=date)
    sender = wire_address(submission.sender.email) if submission.sender else ""
    recipients = tuple(wire_address(mailbox.email) for mailbox in submission.to)
    parcel = Parcel(sender, recipients, composed.header, composed.body)
    reached = replace(account(identity, secret=secret, egress=egress), timeouts=TIMEOUTS)
    return asyncio.run(_hand_over(reached, parcel))


async def _hand_over(reached: Account, parcel: Parcel) -> Outcome:
    made = await registry.driver(reached.driver).connect(reached)
    if isinstance(made, Outcome):
        return made
    try:
        (outcome,) = await made.send(parcel, _open_gate)
    except (ValueError, UnicodeError) as error:
        return classify(Stage.ROUTE, Fault.BUILD, detail=str(error))
    finally:
        await made.close()
    return outcome


async def _open_gate() -> bool:
    return True
