"""Whatever breaks, a mail that may be out is in doubt, and one that is not goes on."""

import asyncio
from dataclasses import replace

import pytest

from panel.domain.outcome import Effect, Move, Outcome, Scope, Stage
from panel.domain.provider import Encryption
from panel.drivers.egress import EgressPolicy
from panel.drivers.http.connection import ApiConnection
from panel.drivers.http.exchange import LARGEST_ANSWER
from tests.drivers.smtp.accounts import PATIENT, closed
from tests.drivers.vendors.samples import ANNA, a_parcel, an_account, success
from tests.fakes.http_server import Act, Given
from tests.fakes.smtp_certificates import Certificate
from tests.kit.patience import until

IMPATIENT = replace(PATIENT, final_s=0.2)
LARGE = b"A line of a large mail.\r\n" * 400_000


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (Act.CUT_AFTER_BODY, "answer_lost"),
        (Act.STALL, "answer_timed_out"),
    ],
)
def test_lost_answer_leaves_the_mail_in_doubt(vendor, server, send, act, rule):
    server.answer = lambda _: Given(act=act)
    account = an_account(vendor, server.port, timeouts=IMPATIENT)

    (outcome,) = send(account, a_parcel())

    assert (outcome.rule, outcome.move) == (rule, Move.UNCONFIRMED)
    assert len(server.asked) == (3 if vendor.is_idempotent else 1)


def test_what_is_no_http_after_the_mail_leaves_it_in_doubt(vendor, server, send):
    server.answer = lambda _: Given(body=b"220 mail.example ESMTP\r\n\r\n", act=Act.RAW)

    (outcome,) = send(an_account(vendor, server.port), a_parcel())

    assert outcome.move is Move.UNCONFIRMED


def test_connection_that_breaks_before_the_end_of_the_mail_moves_it(vendor, server, send):
    server.answer = lambda _: Given(act=Act.CUT_BEFORE_BODY)

    (outcome,) = send(an_account(vendor, server.port), a_parcel(body=LARGE))

    assert (outcome.move, outcome.scope, outcome.stage) == (Move.NEXT, Scope.PROVIDER, Stage.BODY)


def test_refusal_before_the_end_of_the_mail_is_heard(vendor, server, send):
    server.answer = lambda _: Given(401, act=Act.REFUSE_EARLY)

    (outcome,) = send(an_account(vendor, server.port), a_parcel(body=LARGE))

    assert outcome.rule in ("api_key_refused", "connection_lost")
    assert outcome.move is Move.NEXT


def test_success_that_breaks_off_is_a_success(vendor, server, send):
    server.answer = lambda _: replace(success(vendor), body=b"{}" * 10, act=Act.TRUNCATE)

    (outcome,) = send(an_account(vendor, server.port), a_parcel())

    assert outcome.move is Move.SENT


@pytest.mark.parametrize(
    ("status", "move"), [(200, Move.SENT), (400, Move.NEXT_THEN_FAIL), (429, Move.NEXT)]
)
def test_huge_answer_is_judged_by_its_status(vendor, server, send, status, move):
    server.answer = lambda _: Given(status, b"x" * (3 * LARGEST_ANSWER))

    (outcome,) = send(an_account(vendor, server.port), a_parcel())

    assert outcome.move is move


def test_nothing_is_handed_over_when_the_lease_is_lost(vendor, server, send):
    (outcome,) = send(an_account(vendor, server.port), a_parcel(), gate=closed)

    assert (outcome.rule, outcome.move) == ("lease_lost", Move.WAIT)
    assert not [asked for asked in server.asked if asked.is_whole]


def test_gate_is_asked_when_all_but_the_end_is_out(vendor, server, send):
    heard = []

    async def gate() -> bool:
        heard.append(await asyncio.to_thread(server.heard_body.wait, 5))
        heard.append(len(server.asked))
        return True

    (outcome,) = send(an_account(vendor, server.port), a_parcel(), gate=gate)

    assert heard == [True, 0]
    assert outcome.is_sent


def test_connection_is_used_again(vendor, server, send):
    outcomes = send(an_account(vendor, server.port), *[a_parcel() for _ in range(3)])

    assert all(outcome.is_sent for outcome in outcomes)
    assert (server.connections, len(server.asked)) == (1, 3)


def test_connection_that_was_closed_meanwhile_harms_no_mail(vendor, driver, server):
    server.answer = lambda _: replace(success(vendor), act=Act.LEAVE)

    async def run() -> tuple[Outcome, ...]:
        connection = await driver.connect(an_account(vendor, server.port))
        assert isinstance(connection, ApiConnection)

        async def when_closed() -> bool:
            await asyncio.to_thread(until, lambda: not connection._client._pipe.is_open)
            return True

        first = await connection.send(a_parcel(), _soon)
        second = await connection.send(a_parcel(), when_closed)
        await connection.close()
        return first + second

    first, second = asyncio.run(run())

    assert first.is_sent
    assert (second.rule, second.move) == ("reused_connection_closed", Move.AGAIN)
    assert len(server.asked) == 1


async def _soon() -> bool:
    await asyncio.sleep(0)
    return True


@pytest.mark.parametrize(
    "bad", [Certificate.EXPIRED, Certificate.WRONG_NAME, Certificate.UNTRUSTED]
)
def test_bad_certificate_gets_neither_mail_nor_key(vendor, make_server, send, bad):
    server = make_server(bad)
    account = an_account(vendor, server.port, encryption=Encryption.SSL)

    (outcome,) = send(account, a_parcel())

    assert (outcome.rule, outcome.effect) == ("certificate_untrusted", Effect.DISABLE_AFTER_TWO)
    assert server.asked == []


def test_good_certificate_is_trusted_and_its_end_known(vendor, driver, make_server):
    server = make_server(Certificate.GOOD)
    account = an_account(vendor, server.port, encryption=Encryption.SSL)

    async def run() -> tuple[Outcome, ...]:
        connection = await driver.connect(account)
        assert not isinstance(connection, Outcome)
        assert connection.certificate_ends_at is not None
        assert connection.announced is None
        outcomes = await connection.send(a_parcel(), _soon)
        await connection.close()
        return outcomes

    (outcome,) = asyncio.run(run())

    assert outcome.is_sent


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_address_that_is_not_allowed_is_not_reached(vendor, server, send, host):
    account = an_account(vendor, server.port, host=host, egress=EgressPolicy.parse("public"))

    (outcome,) = send(account, a_parcel())

    assert (outcome.rule, outcome.effect) == ("address_blocked", Effect.DISABLE)
    assert server.connections == 0


def test_name_that_turns_to_another_address_is_not_reached(vendor, server, send, driver):
    answers = iter([("127.0.0.1",), ("169.254.169.254",)])

    async def rebinding(host: str, port: int) -> tuple[str, ...]:
        return next(answers)

    driver._resolver = rebinding
    account = an_account(vendor, server.port, host="api.rebind.test")

    (first,) = send(account, a_parcel())
    (second,) = send(account, a_parcel())

    assert first.is_sent
    assert second.rule == "address_blocked"
    assert server.asked[0].headers["host"] == f"api.rebind.test:{server.port}"


def test_nobody_listening_moves_the_mail(vendor, make_server, send):
    with make_server() as server:
        port = server.port

    (outcome,) = send(an_account(vendor, port), a_parcel(ANNA))

    assert (outcome.rule, outcome.move, outcome.effect) == ("unreachable", Move.NEXT, Effect.OPEN)


@pytest.mark.parametrize("status", [500, 502])
def test_fault_of_the_server_is_settled_by_the_idempotency_key(vendor, server, send, status):
    server.answer = lambda _: Given(status) if len(server.asked) < 2 else success(vendor)

    (outcome,) = send(an_account(vendor, server.port), a_parcel())

    if not vendor.is_idempotent:
        assert (outcome.move, len(server.asked)) == (Move.UNCONFIRMED, 1)
        return
    assert outcome.is_sent
    assert len({asked.headers["idempotency-key"] for asked in server.asked}) == 1
