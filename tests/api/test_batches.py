"""Many mails in one request: each with an outcome of its own, all that are right by one commit."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from panel.storage.models import Content, Delivery, IdempotencyKey, Message
from tests.api.conftest import MAIL, Api, fields_of, problem_of
from tests.api.test_messages import PDF, WRONG
from tests.factories.people import a_partner

NO_STREAM = {name: value for name, value in MAIL.items() if name != "stream"}


def refused(outcome) -> list[str]:
    """The fields that the problem of one mail names."""
    problem = outcome["error"]
    assert set(outcome) == {"error"}
    assert set(problem) == {"type", "title", "status", "detail", "errors"}
    assert problem["status"] == 422
    assert all(error["message"] for error in problem["errors"])
    return [error["field"] for error in problem["errors"]]


def count(session, model) -> int:
    number = session.scalar(select(func.count()).select_from(model))
    session.rollback()
    return number


def subjects(session) -> list[str]:
    return sorted(session.scalars(select(Message.subject)))


def test_each_mail_gets_its_outcome_in_order(api, session):
    mails = [MAIL | {"subject": str(n), "to": [f"a{n}@b.test", "c@d.test"]} for n in range(30)]

    answer = api.post_batch(mails)

    assert answer.status_code == 202
    outcomes = answer.json["messages"]
    for number, outcome in enumerate(outcomes):
        assert set(outcome) == {"id", "status", "deliveries"}
        assert session.get_one(Message, outcome["id"]).subject == str(number)
        for shown in outcome["deliveries"]:
            delivery = session.get_one(Delivery, shown["id"])
            assert (delivery.message_id, delivery.recipient) == (outcome["id"], shown["to"])
        assert [item["to"] for item in outcome["deliveries"]] == [f"a{number}@b.test", "c@d.test"]
    assert len(outcomes) == 30
    assert count(session, Delivery) == 60


def test_mail_of_a_batch_is_read_back_like_any_other(api):
    (outcome,) = api.post_batch([MAIL]).json["messages"]

    body = api.get(outcome["id"]).json

    assert (body["status"], body["subject"]) == ("queued", MAIL["subject"])


def test_wrong_mail_is_refused_by_itself_and_nothing_of_it_is_stored(api, session):
    mails = [
        MAIL | {"subject": "first"},
        MAIL | {"to": ["nobody"], "text": "Not for keeping."},
        NO_STREAM,
        7,
        MAIL | {"stream": "crm"},
        MAIL | {"subject": "last"},
    ]

    answer = api.post_batch(mails)

    first, *wrong, last = answer.json["messages"]
    assert answer.status_code == 202
    assert [refused(item) for item in wrong] == [["to.0.email"], ["stream"], ["body"], ["stream"]]
    assert first["id"] != last["id"]
    assert subjects(session) == ["first", "last"]
    assert (count(session, Delivery), count(session, Content)) == (2, 1)


def test_mail_of_a_batch_is_judged_like_a_single_one(api, session):
    outcomes = api.post_batch([MAIL | changes for changes, _field in WRONG]).json["messages"]

    assert [refused(outcome) for outcome in outcomes] == [[field] for _changes, field in WRONG]
    assert count(session, Message) == 0


def test_every_field_passes_through_a_batch(api, session):
    mail = MAIL | {
        "from": {"email": "shop@house.test", "name": "Büro"},
        "html": "<p>Good day.</p>",
        "attachments": [PDF],
        "send_at": "2020-03-02T12:00:00+03:00",
        "expires_in": 600,
        "metadata": {"order": 42},
    }

    (outcome,) = api.post_batch([mail]).json["messages"]

    message = session.get_one(Message, outcome["id"])
    assert (message.from_email, message.details) == ("shop@house.test", {"order": 42})
    assert b"JVBERg==" in session.get_one(Content, message.content_digest).body


def test_end_beyond_the_calendar_is_refused_with_its_mail_alone(api):
    far = MAIL | {"send_at": "9999-12-31T23:59:59Z", "expires_in": 366 * 86_400}

    wrong, right = api.post_batch([far, MAIL]).json["messages"]

    assert "send_at" in refused(wrong)
    assert right["status"] == "queued"


def test_from_of_each_mail_stays_within_the_domains_of_the_application(make_api):
    api = make_api(from_domains=("house.test",))
    mails = [MAIL | {"from": f"a@{domain}.test"} for domain in ("house", "other")]

    right, wrong = api.post_batch(mails).json["messages"]

    assert right["status"] == "queued"
    assert refused(wrong) == ["from.email"]


def test_batch_must_have_between_one_and_a_thousand_mails(api, session):
    assert fields_of(api.post_batch([])) == ["messages"]
    assert fields_of(api.post_batch([MAIL] * 1001)) == ["messages"]
    assert count(session, Message) == 0

    answer = api.post_batch([MAIL] * 1000)

    assert len({outcome["id"] for outcome in answer.json["messages"]}) == 1000
    assert (count(session, Message), count(session, Content)) == (1000, 1)


def test_batch_may_have_a_hundred_thousand_recipients_and_no_more(api, session):
    crowd = [f"a{number}@b.test" for number in range(1000)]
    mails = [MAIL | {"to": crowd[:400], "cc": crowd[400:700], "bcc": crowd[700:]}] * 100

    refused_whole = api.post_batch([*mails, MAIL])

    assert fields_of(refused_whole) == ["messages"]
    assert "100000" in refused_whole.json["errors"][0]["message"]
    assert count(session, Message) == 0

    answer = api.post_batch(mails)

    assert answer.status_code == 202
    assert count(session, Delivery) == 100_000


def test_body_of_another_shape_is_refused_as_a_whole(api):
    for body, field in [
        ({}, "messages"),
        ({"messages": MAIL}, "messages"),
        ({"messages": None}, "messages"),
        ({"messages": [MAIL], "stream": "system"}, "stream"),
        (MAIL, "messages"),
        ("x", "body"),
    ]:
        assert field in fields_of(api.post_batch(body)), body


def test_mails_belong_to_the_partner_of_the_application(api, make_api, session):
    partner = a_partner(session, slug="acme")
    session.commit()

    outcomes = make_api(partner_slug="acme").post_batch([MAIL, MAIL]).json["messages"]

    for outcome in outcomes:
        problem_of(api.get(outcome["id"]), status=404)
    assert set(session.scalars(select(Message.partner_id))) == {partner.id}
    assert set(session.scalars(select(Delivery.partner_id))) == {partner.id}


def test_repeating_with_the_same_key_gives_the_first_outcomes(api, session):
    mails = [MAIL, MAIL | {"to": []}, 7, MAIL | {"send_at": "9999-12-31T00:00:00Z"}]

    first, second = api.post_batch(mails, key="night-1"), api.post_batch(mails, key="night-1")

    assert second.status_code == 202
    assert second.json == first.json
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert count(session, Message) == 1


def test_another_body_with_the_same_key_is_a_conflict(api, session):
    api.post_batch([MAIL], key="night-1")

    for answer in (api.post_batch([MAIL, MAIL], key="night-1"), api.post(key="night-1")):
        assert "Idempotency-Key" in problem_of(answer, status=409)["detail"]
    assert count(session, Message) == 1


def test_batch_of_which_nothing_was_accepted_leaves_its_key_free(api, session):
    answer = api.post_batch([MAIL | {"to": []}], key="night-1")

    assert refused(answer.json["messages"][0]) == ["to"]
    assert count(session, IdempotencyKey) == 0
    assert api.post_batch([MAIL], key="night-1").json["messages"][0]["status"] == "queued"


def test_key_of_a_batch_must_be_short_and_plain(api, session):
    assert fields_of(api.post_batch([MAIL], key="x" * 256)) == ["Idempotency-Key"]
    assert count(session, Message) == 0


def test_batches_with_one_key_at_the_same_time_are_accepted_once(app, api, session):
    mails = [MAIL | {"subject": str(n)} for n in range(20)]
    barrier = Barrier(6)

    def hand_in(_number: int):
        own = Api(app.test_client(), api.application)
        barrier.wait()
        return own.post_batch(mails, key="night-1")

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(hand_in, range(6)))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 5
    assert count(session, Message) == 20
