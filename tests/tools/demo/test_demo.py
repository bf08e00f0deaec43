"""The demo as it is started: processes, roles, states, failover by the switch, a clean end."""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from panel.domain.breaker import BreakerState
from panel.domain.delivery import AttemptStatus, DeliveryState
from panel.domain.drill import DrillResult
from panel.domain.permission import Role
from panel.storage.database import Engine, Session, make_engine
from panel.storage.models import (
    Attempt,
    AuditEvent,
    Delivery,
    Drill,
    Provider,
    ProviderHealth,
    QueueReading,
    Transcript,
)
from panel.storage.queries.traffic import DAY
from tests.kit.patience import until
from tests.kit.ports import free_port
from tests.kit.processes import Program, answers
from tests.tools.demo.visitor import Visitor, switches
from tools.demo.events import API, BROKEN, SAID
from tools.demo.folder import open_place
from tools.demo.people import PEOPLE
from tools.demo.place import Place, is_free
from tools.demo.servers import LEFT, SERVERS
from tools.demo.switch import ACTION

START_S = 100.0
KEPT_WITH = (Transcript.delivery_id == Attempt.delivery_id) & (Transcript.number == Attempt.number)
ON_OFFER = ["Switch Alpha off", "Switch Beta off"]
NOBODY_THERE = ("unreachable", "connection_lost", "no_banner")
"""What a mail meets at a server that goes away, depending on how far it has come."""
LATER_REPORTS = {DeliveryState.DELIVERED, DeliveryState.BOUNCED, DeliveryState.COMPLAINED}
"""What a provider may report afterwards; SMTP servers do not."""


@dataclass(frozen=True)
class Demo:
    """A running demo."""

    program: Program
    place: Place
    engine: Engine
    port: int

    def visitor(self, role: Role | None = None, *, partner: str = "") -> Visitor:
        """Somebody who has signed in, or nobody."""
        visitor = Visitor(f"http://127.0.0.1:{self.port}")
        if role is not None:
            emails = [who.email for who in PEOPLE if who.role is role and who.partner == partner]
            assert visitor.sign_in(emails[0], self.place.password).status == 200
        return visitor

    def holds(self, question: Callable[[Session], object]) -> bool:
        """Whether the database answers with anything."""
        with Session(self.engine) as session:
            return bool(question(session))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A small one, with mail coming in quickly; all tests of this file look at the same."""
    folder, port = tmp_path_factory.mktemp("demo") / "instance", free_port()
    arguments = ["--port", str(port), "--instance", str(folder), "--mails", "1", "--every", "0.2"]
    foreign = {"POSTROOM_DATABASE_URL": "sqlite:////nowhere/of/the/users.db"}
    with Program(arguments, foreign, module="tools.demo") as program:
        program.wait_for("Ctrl-C ends the demo")
        until(lambda: answers(f"http://127.0.0.1:{port}/readyz"), timeout_s=START_S)
        engine = make_engine(f"sqlite:///{folder}/postroom.db")
        yield Demo(program, Place.read(folder), engine, port)
        engine.dispose()


@pytest.mark.parametrize(
    ("role", "partner", "path"),
    [
        (Role.OPERATOR, "", "/providers"),
        (Role.SUPPORT, "", "/mailing-log"),
        (Role.PARTNER_ADMIN, "anadolu", "/partners/anadolu/smtp"),
        (Role.PARTNER_ADMIN, "harbour", "/queue"),
    ],
)
def test_everybody_can_sign_in_and_sees_that_it_is_a_demo(demo, role, partner, path):
    page = demo.visitor(role, partner=partner).get(path)

    assert page.status == 200
    assert "Demo: nothing leaves this machine." in page.text
    assert switches(page) == (ON_OFFER if role is Role.OPERATOR else [])


def test_sign_in_page_and_terminal_tell_addresses_and_password(demo):
    page = demo.visitor().get("/sign-in").text

    for told in (page, demo.program.output):
        assert all(person.email in told for person in PEOPLE)
        assert demo.place.password in told


def test_every_state_is_there(demo):
    wanted = set(DeliveryState) - LATER_REPORTS

    def states(session: Session) -> set[DeliveryState]:
        return set(session.scalars(select(Delivery.state).distinct()))

    until(lambda: demo.holds(lambda session: wanted <= states(session)), timeout_s=START_S)


def test_every_event_has_left_its_reason_in_the_mailing_log(demo):
    with Session(demo.engine) as session:
        rules = set(session.scalars(select(Attempt.rule).distinct()))

    assert {event.outcome.rule for event in (*BROKEN, *SAID, *API)} <= rules


def test_counts_of_deliveries_fit_the_mailing_log(demo):
    with Session(demo.engine) as session:
        ended = session.scalars(select(Delivery).where(Delivery.ended_at.is_not(None))).all()
        made: dict[int, int] = {}
        for delivery_id in session.scalars(select(Attempt.delivery_id)):
            made[delivery_id] = made.get(delivery_id, 0) + 1

    assert ended
    assert all(item.attempts <= made.get(item.id, 0) for item in ended)
    assert any(item.copies for item in ended)


def test_overview_can_compare_with_the_day_before(demo):
    with Session(demo.engine) as session:
        reading = session.scalars(select(QueueReading).order_by(QueueReading.minute_at)).first()

    assert reading is not None
    assert reading.minute_at <= datetime.now(UTC) - DAY
    assert reading.waiting > 0
    assert reading.unconfirmed > 0


def test_people_have_left_their_deeds_in_the_audit(demo):
    with Session(demo.engine) as session:
        done = set(session.scalars(select(AuditEvent.action).distinct()))

    assert done >= {
        "application.revoked",
        "drill.started",
        "message.read",
        "message.resent",
        "partner.disabled",
        "provider.delivery_confirmed",
        "sign_in.refused",
        "user.disabled",
    }


def test_drill_is_passed_as_soon_as_a_worker_runs(demo):
    passed = select(Drill.id).where(Drill.result == DrillResult.PASSED)

    until(lambda: demo.holds(lambda session: session.scalar(passed)), timeout_s=START_S)


def test_failed_attempt_and_the_one_after_it_tell_what_was_said(demo):
    with Session(demo.engine) as session:
        said = set(session.execute(select(Attempt.status).join(Transcript, KEPT_WITH)).scalars())

    assert {AttemptStatus.FAIL, AttemptStatus.SUCCESS} <= said


def test_nothing_but_this_machine_is_configured(demo):
    with Session(demo.engine) as session:
        providers = session.scalars(select(Provider)).all()
    settings = demo.place.settings(port=demo.port)

    urls = [item.settings["base_url"] for item in providers if item.settings]
    assert {item.host for item in providers if item.driver == "smtp"} == {"127.0.0.1"}
    assert all(url.startswith("http://127.0.0.1:") for url in urls)
    assert settings["POSTROOM_OPERATOR_EGRESS"] == "loopback"
    assert settings["POSTROOM_PARTNER_EGRESS"].startswith("127.0.0.1/32")


def test_only_an_operator_switches_a_server(demo):
    visitor = demo.visitor(Role.SUPPORT)

    refused = visitor.post("/demo/servers/alpha/activation", form_on="/account", active="0")

    assert refused.status == 403
    assert visitor.get("/demo").status == 403
    assert not is_free(demo.place.ports["alpha"])


def test_unknown_server_is_not_there(demo):
    operator = demo.visitor(Role.OPERATOR)

    assert operator.post("/demo/servers/omega/activation", form_on="/demo").status == 404


def test_switching_without_a_token_changes_nothing(demo):
    operator = demo.visitor(Role.OPERATOR)

    refused = operator._ask("/demo/servers/alpha/activation", {"active": "0"})

    assert refused.status in (400, 403)
    assert not is_free(demo.place.ports["alpha"])


def test_mail_takes_the_other_way_while_a_server_is_off(demo):
    operator, alpha = demo.visitor(Role.OPERATOR), demo.place.ports["alpha"]

    page = operator.post("/demo/servers/alpha/activation", form_on="/demo", active="0")

    assert switches(page) == ["Switch Alpha on again", "Switch Beta off"]
    until(lambda: is_free(alpha))
    until(lambda: demo.holds(_fallen_over), timeout_s=START_S)
    assert demo.holds(_switched)
    assert "It is off" in operator.get("/demo").text

    operator.post("/demo/servers/alpha/activation", form_on="/demo", active="1")
    until(lambda: not is_free(alpha))
    operator.post("/providers/1/connection-tests", form_on="/providers")
    until(lambda: demo.holds(_is_well_again), timeout_s=START_S)
    with Session(demo.engine) as session:
        newest = max(session.scalars(select(Attempt.id)))
    until(lambda: demo.holds(lambda session: _taken_by_alpha(session, newest)), timeout_s=START_S)


def test_goes_on_with_what_is_there_and_ends_in_order(tmp_path: Path):
    folder, port = tmp_path / "instance", free_port()
    replace(open_place(folder, fresh=False, servers=(*SERVERS, LEFT)), is_complete=True).write()
    arguments = ["--port", str(port), "--instance", str(folder), "--mails", "1", "--every", "0"]
    with Program(arguments, {}, module="tools.demo") as program:
        program.wait_for("Ctrl-C ends the demo")
        until(lambda: answers(f"http://127.0.0.1:{port}/readyz"), timeout_s=START_S)
        place = Place.read(folder)
        program._process.send_signal(signal.SIGINT)
        assert program._process.wait(START_S) == 0
        assert program.family == []
    assert is_free(port)
    assert all(is_free(number) for number in place.ports.values())
    assert "Writing the past" not in program.output


def _fallen_over(session: Session) -> bool:
    """Since the switch a mail was not taken by Alpha, and Beta took one."""
    lately = Attempt.started_at > _switched_at(session)
    in_vain = select(Attempt.id).where(
        lately, Attempt.provider_id == 1, Attempt.rule.in_(NOBODY_THERE)
    )
    taken = select(Attempt.id).where(
        lately, Attempt.provider_id == 2, Attempt.status == AttemptStatus.SUCCESS
    )
    return all(session.scalar(wanted.limit(1)) for wanted in (in_vain, taken))


def _switched(session: Session) -> object:
    return session.scalar(select(AuditEvent.id).where(AuditEvent.action == ACTION).limit(1))


def _switched_at(session: Session) -> object:
    return session.scalars(select(AuditEvent.at).where(AuditEvent.action == ACTION)).first()


def _is_well_again(session: Session) -> bool:
    health = session.get(ProviderHealth, 1)
    return health is not None and health.state is BreakerState.CLOSED


def _taken_by_alpha(session: Session, after: int) -> object:
    return session.scalar(
        select(Attempt.id).where(
            Attempt.id > after,
            Attempt.provider_id == 1,
            Attempt.status == AttemptStatus.SUCCESS,
        )
    )
