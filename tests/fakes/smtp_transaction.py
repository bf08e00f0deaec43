"""One mail transaction of the scripted server: MAIL, RCPT, DATA or BDAT, the answer to the end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from panel.domain.outcome import Stage
from tests.fakes.smtp_features import Early
from tests.fakes.smtp_ledger import Mail, message_id
from tests.fakes.smtp_script import ANSWERING, BREAKING, Act, Plan

if TYPE_CHECKING:
    from tests.fakes.smtp_session import Session

_PATH = re.compile(r"(?:FROM|TO):\s*<([^>]*)>\s*(.*)", re.IGNORECASE)
_TOO_LARGE = "552 5.3.4 Message too large"


async def begin(session: Session, argument: str) -> Transaction | None:
    """Answers MAIL; the transaction, or None when it was refused."""
    found = _PATH.fullmatch(argument)
    if found is None:
        session.wire.say("501 5.1.7 Syntax: MAIL FROM:<address>")
        return None
    reverse_path, parameters = found.group(1), tuple(found.group(2).split())
    usual = _objection(session, parameters) or f"250 2.1.0 <{reverse_path}> ok"
    steered = session.script.steered(Stage.MAIL, reverse_path)
    code = await session.answer(Stage.MAIL, usual, steered)
    return Transaction(session, reverse_path, parameters) if code == 250 else None


class Transaction:
    """From a MAIL that was accepted to the end of its content."""

    def __init__(self, session: Session, reverse_path: str, parameters: tuple[str, ...]) -> None:
        """Begins without recipients."""
        self._session = session
        self._reverse_path = reverse_path
        self._parameters = parameters
        self._recipients: list[str] = []
        self._chunks = bytearray()
        self._has_failed = False

    async def add(self, argument: str) -> None:
        """Answers RCPT."""
        found = _PATH.fullmatch(argument)
        if found is None:
            self._session.wire.say("501 5.1.3 Syntax: RCPT TO:<address>")
            return
        address = found.group(1)
        steered = self._session.script.steered(Stage.RCPT, address, key=self._reverse_path)
        code = await self._session.answer(Stage.RCPT, f"250 2.1.5 <{address}> ok", steered)
        if code in (250, 251, 252):
            self._recipients.append(address)

    async def receive(self) -> bool:
        """Answers DATA and takes the content; whether the transaction has ended."""
        session = self._session
        if not self._recipients:
            session.wire.say("554 5.5.1 No valid recipients")
            return False
        if await session.answer(Stage.DATA, "354 Go ahead", self._steered(Stage.DATA)) != 354:
            return False
        await self._break_off()
        content = await session.wire.content()
        if content is not None:
            session.mails += 1
            await self._end(content)
            await self._meet_early_commands()
        return True

    async def receive_chunk(self, argument: str) -> bool:
        """Answers BDAT (RFC 3030); whether the transaction has ended. Only RSET ends a failed one.

        The first chunk stands for DATA as well.
        """
        session = self._session
        count, _, last = argument.partition(" ")
        is_first = not self._chunks
        plan = session.script.due(Stage.BODY, acts=BREAKING) or self._steered(Stage.BODY)
        if plan is not None:
            await session.perform(plan, "")
        chunk = await session.wire.octets(int(count))
        if chunk is None:
            return True
        self._chunks += chunk
        if not self._recipients or self._has_failed:
            session.wire.say("503 5.5.1 No chunk is expected now")
            return False
        usual = f"250 2.0.0 {len(chunk)} octets received"
        plan = self._chunk_plan(is_first=is_first)
        if plan is None and last.upper() == "LAST":
            session.mails += 1
            return await self._end(bytes(self._chunks)) // 100 == 2
        code = await session.perform(plan or Plan(Act.ANSWER, usual), usual)
        self._has_failed = code // 100 != 2
        return False

    def _chunk_plan(self, *, is_first: bool) -> Plan | None:
        if is_first:
            return self._session.script.due(Stage.DATA) or self._steered(Stage.DATA)
        return self._session.script.due(Stage.BODY)

    async def _meet_early_commands(self) -> None:
        session = self._session
        if session.features.early is Early.LOST:
            session.wire.forget_input()
        elif session.features.early is Early.REFUSED and session.wire.has_input:
            session.wire.say("503 5.5.0 Improper use of SMTP command pipelining")
            await session.hang_up()

    async def _break_off(self) -> None:
        session = self._session
        plan = session.script.due(Stage.BODY) or self._steered(Stage.BODY)
        if plan is None:
            return
        if plan.act is Act.ANSWER:  # before the dot, as soon as something of the content is there
            await session.wire.more()
        await session.perform(plan, "")
        if plan.act is Act.ANSWER:
            await session.hang_up()

    async def _end(self, content: bytes) -> int:
        """Answers the end of the content; the code that was said."""
        session = self._session
        usual = _fault(session, content) or f"250 2.0.0 Ok: queued as FAKE{session.next_id():06}"
        plan = session.script.due(Stage.FINAL)
        plan = plan or self._steered(Stage.FINAL, message_id(content)) or Plan(Act.ANSWER, usual)
        is_answered = plan.act in ANSWERING
        said = plan.text if plan.act is Act.ANSWER else usual
        code = Plan(Act.ANSWER, said).code if is_answered else int(usual[:3])
        if code // 100 == 2:
            session.ledger.take(self._mail(content, is_answered=is_answered))
        return await session.perform(plan, usual)

    def _steered(self, stage: Stage, key: str = "") -> Plan | None:
        script = self._session.script
        plans = [script.steered(stage, address, key=key) for address in self._recipients]
        return next((plan for plan in plans if plan is not None), None)

    def _mail(self, content: bytes, *, is_answered: bool) -> Mail:
        return Mail(
            reverse_path=self._reverse_path,
            recipients=tuple(self._recipients),
            content=content,
            has_tls=self._session.has_tls,
            user=self._session.user,
            connection=self._session.number,
            parameters=self._parameters,
            is_answered=is_answered,
        )


def _objection(session: Session, parameters: tuple[str, ...]) -> str:
    features = session.features
    for parameter in parameters:
        name, _, value = parameter.upper().partition("=")
        known = {
            "SIZE": features.size is not None,
            "BODY": features.eightbit or value == "7BIT",
            "SMTPUTF8": features.smtputf8,
        }
        if not known.get(name, False):
            return f"555 5.5.4 Parameter not known: {parameter}"
        if name == "SIZE" and int(value) > (features.size or int(value)):
            return _TOO_LARGE
    return ""


def _fault(session: Session, content: bytes) -> str:
    limit = session.features.size
    if limit is not None and len(content) > limit:
        return _TOO_LARGE
    bare = content.replace(b"\r\n", b"")
    if b"\n" in bare or b"\r" in bare:
        return "550 5.6.11 Bare CR or LF in the content"
    return ""
