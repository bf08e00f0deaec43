"""`fairness`: mail of a partner while another partner's flood is being sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import select

from panel.sending.submit import submit, submit_many
from panel.sending.wake import notify
from panel.storage.database import Engine, make_engine, session_for
from panel.storage.models import Attempt, Delivery, Partner
from tools.bench.bench import Bench, say
from tools.bench.databases import KINDS, settle
from tools.bench.far_end import far_end
from tools.bench.filling import AT_ONCE
from tools.bench.line import Bound, Line, NotMeasured
from tools.bench.mail import submission
from tools.bench.rows.latency import share

AT_MOST_MS = 10_000.0
SINGLES = 20
PAUSE_S = 0.25
LINE_MS = 20.0
"""Of each reply, so that the flood lasts."""
ARRIVAL_S = 60.0


def measure(bench: Bench) -> Iterator[Line]:
    """From the commit of each of the other partner's mails until its provider has it."""
    for kind in KINDS:
        waits = _waits_ms(bench, kind)
        what = f"beside a flood of {bench.sizes.drained:,}, {kind}"
        yield Bound(f"{what}, median", share(waits, 0.5), "ms")
        yield Bound(f"{what}, slowest", max(waits), "ms", AT_MOST_MS)


def _waits_ms(bench: Bench, kind: str) -> list[float]:
    say(f"Postroom sends the flood of one partner and {SINGLES} mails of another, {kind}")
    with (
        far_end(delay_ms=LINE_MS) as sink,
        bench.house(kind, sink_port=sink.port) as house,
    ):
        engine = make_engine(house.url)
        try:
            one, other = _partners(engine)
            _flood(engine, one, bench.sizes.drained)
            settle(house.url)
            with house.worker():
                sink.wait_for(100, timeout_s=ARRIVAL_S)
                for number in range(SINGLES):
                    _hand_in(engine, other, number)
                    time.sleep(PAUSE_S)
                return _until_sent(engine, other)
        finally:
            engine.dispose()


def _partners(engine: Engine) -> tuple[int, int]:
    with session_for(engine) as session:
        made = [
            Partner(slug=name, name=name, created_at=datetime.now(UTC)) for name in ("one", "other")
        ]
        session.add_all(made)
        session.commit()
        return made[0].id, made[1].id


def _flood(engine: Engine, partner_id: int, mails: int) -> None:
    for first in range(0, mails, AT_ONCE):
        wanted = [
            replace(submission(at), partner_id=partner_id)
            for at in range(first, min(first + AT_ONCE, mails))
        ]
        with session_for(engine) as session:
            submit_many(session, wanted, now=datetime.now(UTC))
            session.commit()


def _hand_in(engine: Engine, partner_id: int, number: int) -> None:
    with session_for(engine) as session:
        mail = replace(submission(number), partner_id=partner_id)
        submit(session, mail, now=datetime.now(UTC))
        notify(session)
        session.commit()


def _until_sent(engine: Engine, partner_id: int) -> list[float]:
    """The waits of all mails of a partner, in milliseconds; NotMeasured when some do not leave."""
    waits = (
        select(Delivery.created_at, Attempt.finished_at)
        .join(Attempt, Attempt.delivery_id == Delivery.id)
        .where(Delivery.partner_id == partner_id, Attempt.finished_at.is_not(None))
    )
    ends_at = time.monotonic() + ARRIVAL_S
    while True:
        with session_for(engine) as session:
            found = session.execute(waits).all()
        if len(found) == SINGLES:
            return [(end - begun).total_seconds() * 1000 for begun, end in found if end]
        if time.monotonic() > ends_at:
            raise NotMeasured(f"Of {SINGLES} mails of the other partner {len(found)} are sent.")
        time.sleep(0.1)
