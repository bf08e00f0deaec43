"""What was said during the attempts of the demo's past, in the words of the drivers' own minutes.

Kept as a worker keeps it: of attempts that failed, and of those that came after one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from panel.domain.outcome import Fault, Outcome, Stage
from panel.domain.reply import Reply
from panel.drivers.contract import Parcel
from panel.drivers.http.exchange import Answer, Request, as_json
from panel.drivers.http.minutes import transcript
from panel.drivers.smtp.conversation import Deliver, Say
from panel.drivers.smtp.minutes import Minutes
from panel.drivers.smtp.session import Said

CLIENT = "postroom.northwind.example"
UNSAID = frozenset({Fault.SECRET, Fault.BUILD, Fault.BLOCKED, Fault.LEASE_LOST})
"""Nothing was said: it did not come so far."""
CUT_OFF = frozenset({Fault.LOST, Fault.TIMEOUT, Fault.PROTOCOL})
"""The command went out and no answer came; with other faults it was not even said."""
LOST_WORKER = "worker_lost"
"""Whoever could have told it is gone."""
_FEATURES = (
    "PIPELINING",
    "SIZE 10485760",
    "8BITMIME",
    "SMTPUTF8",
    "ENHANCEDSTATUSCODES",
    "AUTH PLAIN LOGIN",
)
_NEEDS_TLS = frozenset({Fault.TLS, Fault.CERTIFICATE, Fault.STARTTLS_INJECTION})


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a conversation tells of a mail."""

    sender: str
    recipient: str
    size: int


@dataclass(frozen=True, slots=True)
class _Step:
    """A command and what a server says that has nothing against it."""

    stage: Stage
    command: str
    answer: Reply


def talk(outcome: Outcome, envelope: Envelope, *, server: str, is_api: bool) -> str:
    """As it is kept with an attempt; empty where nothing was said."""
    if outcome.rule == LOST_WORKER or outcome.fault in UNSAID:
        return ""
    if is_api:
        return _of_api(outcome, envelope)
    opening = _until(_opening(server, outcome), outcome)
    has_begun = opening and outcome.stage not in _OPENING
    mail = _mail(outcome, envelope) if has_begun else []
    parcel = Parcel(envelope.sender, (envelope.recipient,), bytes(envelope.size - 2), b"", True)
    minutes = Minutes(opening if mail else (), 0, mail or opening)
    return minutes.on(parcel, (outcome,))[0].transcript


_OPENING = frozenset({Stage.BANNER, Stage.EHLO, Stage.STARTTLS, Stage.TLS, Stage.AUTH})
_BEFORE = frozenset({Stage.ROUTE, Stage.RESOLVE, Stage.CONNECT})


def _opening(server: str, outcome: Outcome) -> list[_Step]:
    offered = (*_FEATURES, *(["STARTTLS"] if outcome.fault in _NEEDS_TLS else []))
    lacking = outcome.detail.partition(" is not offered")[0]
    features = (server, *(line for line in offered if line.partition(" ")[0] != lacking))
    return [
        _Step(Stage.BANNER, "", Reply(220, (f"{server} ESMTP",))),
        _Step(Stage.EHLO, f"EHLO {CLIENT}", Reply(250, features)),
        _Step(Stage.STARTTLS, "STARTTLS", Reply(220, ("2.0.0 Ready to start TLS",))),
        _Step(Stage.AUTH, "AUTH PLAIN ********", Reply(235, ("2.7.0 Welcome",))),
    ]


def _until(steps: Sequence[_Step], outcome: Outcome) -> list[Said]:
    """The opening up to where it ended; TLS only where it was the trouble."""
    if outcome.stage in _BEFORE:
        return []
    said: list[Said] = []
    is_about_tls = outcome.stage in (Stage.STARTTLS, Stage.TLS)
    for step in steps:
        if step.stage is Stage.STARTTLS and not is_about_tls:
            continue
        if step.stage is outcome.stage:
            return [*said, *_last(step, outcome)]
        said += [_say(step), step.answer]
        if step.stage is Stage.STARTTLS:
            return said
    return said


def _last(step: _Step, outcome: Outcome) -> list[Said]:
    if outcome.reply is not None:
        return [_say(step), outcome.reply]
    if outcome.fault is Fault.STARTTLS_INJECTION:
        return [_say(step), step.answer]
    return [_say(step)] if outcome.fault in CUT_OFF else []


def _mail(outcome: Outcome, envelope: Envelope) -> list[Said]:
    """The commands of one mail, which go out together, and the answers one by one."""
    stages = (Stage.MAIL, Stage.RCPT, Stage.DATA)
    is_unasked = outcome.stage is Stage.MAIL and outcome.reply is None
    if is_unasked and outcome.fault not in CUT_OFF:
        return []
    lines = (
        f"MAIL FROM:<{envelope.sender}> SIZE={envelope.size}",
        f"RCPT TO:<{envelope.recipient}>",
        "DATA",
    )
    said: list[Said] = [Say("".join(f"{line}\r\n" for line in lines).encode(), stages)]
    answers = {
        Stage.MAIL: Reply(250, ("2.1.0 Ok",)),
        Stage.RCPT: Reply(250, (f"2.1.5 <{envelope.recipient}> ok",)),
        Stage.DATA: Reply(354, ("End with a dot",)),
    }
    for place, stage in enumerate(stages):
        if stage is outcome.stage:
            return [*said, *_refused(outcome.reply, len(stages) - place - 1)]
        said.append(answers[stage])
    said.append(Deliver)
    return [*said, outcome.reply] if outcome.reply is not None else said


def _refused(reply: Reply | None, left: int) -> list[Said]:
    """Commands that were under way when one was refused are refused as well."""
    if reply is None:
        return []
    if reply.code == _GOODBYE:
        return [reply]
    following = (Reply(503, ("5.5.1 MAIL first",)), Reply(554, ("5.5.1 No valid recipients",)))
    return [reply, *following[len(following) - left :]]


_GOODBYE = 421


def _say(step: _Step) -> Say:
    return Say(f"{step.command}\r\n".encode() if step.command else b"", (step.stage,))


def _of_api(outcome: Outcome, envelope: Envelope) -> str:
    if outcome.reply is None:
        return ""
    status = outcome.reply.code
    answer = {"id": outcome.provider_reference} if outcome.is_sent else _fault(outcome.reply)
    headers = {"content-type": "application/json"}
    request = Request("POST", "/emails", body=bytes(envelope.size))
    return transcript(request, [Answer(status, headers, as_json(answer))], secrets=())


def _fault(reply: Reply) -> dict[str, object]:
    name = HTTPStatus(reply.code).name.lower()
    return {"statusCode": reply.code, "name": name, "message": reply.text}
