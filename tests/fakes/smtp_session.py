"""The conversation of the scripted server with one client."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Awaitable, Callable
from typing import NoReturn

from panel.domain.outcome import Stage
from tests.fakes import smtp_transaction
from tests.fakes.smtp_features import Features
from tests.fakes.smtp_ledger import Ledger
from tests.fakes.smtp_login import decoded, login
from tests.fakes.smtp_script import LEAVING, Act, Plan, Script
from tests.fakes.smtp_transaction import Transaction
from tests.fakes.smtp_wire import GONE, Wire

_LONG_LINE = b"250-" + b"x" * 65536
_MANY_LINES = b"250-and more\r\n" * 4096


class HungUp(Exception):
    """The server ends the connection; in order, or at once."""

    def __init__(self, *, in_order: bool = False) -> None:
        """Not in order: what is unread is lost and the client may see a reset."""
        super().__init__()
        self.in_order = in_order


class Session:
    """Obeys commands until one side leaves."""

    def __init__(
        self,
        wire: Wire,
        number: int,
        *,
        features: Features,
        script: Script,
        ledger: Ledger,
        context: ssl.SSLContext | None,
    ) -> None:
        """`context` is for STARTTLS."""
        self.wire = wire
        self.number = number
        self.features = features
        self.script = script
        self.ledger = ledger
        self.has_tls = features.implicit_tls
        self.user = ""
        self.mails = 0
        """Contents that were received over it, taken or not."""
        self._context = context
        self._has_greeted = False
        self._is_open = True
        self._transaction: Transaction | None = None
        self._verbs: dict[str, Callable[[str], Awaitable[None]]] = {
            "EHLO": self._ehlo,
            "HELO": self._helo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "BDAT": self._bdat,
            "RSET": self._rset,
            "NOOP": self._noop,
            "QUIT": self._quit,
        }

    async def run(self) -> None:
        """Talks until the end; a client that goes away is no error."""
        try:
            self._is_open = await self.answer(Stage.BANNER, self.features.banner) < 400
            while (line := await self.wire.line()) is not None:
                await self._obey(line.decode("utf-8", "replace"))
            await self.wire.close()
        except HungUp as end:
            await (self.wire.close() if end.in_order else self.wire.abort())
        except GONE:
            await self.wire.abort()

    async def answer(self, stage: Stage, usual: str, steered: Plan | None = None) -> int:
        """Does what the script, else the address says at `stage`; the code that was said."""
        plan = self.script.due(stage) or steered
        if plan is None:
            plan = Plan(Act.ANSWER, usual)
        return await self.perform(plan, usual)

    async def perform(self, plan: Plan, usual: str) -> int:
        """Does it; the code that was said. HungUp when the connection ended with it."""
        if plan.act is Act.DELAY:
            await self.wire.pause(plan.delay_s)
            plan = Plan(Act.ANSWER, usual)
        if plan.act in LEAVING:
            self.wire.say(usual)
            await self.wire.flush()
            raise HungUp(in_order=plan.act is Act.LEAVE)
        if plan.act is not Act.ANSWER:
            await self._break(plan.act)
        self.wire.say(plan.text)
        if plan.code == 421:
            raise HungUp(in_order=True)
        return plan.code

    async def hang_up(self) -> NoReturn:
        """Ends the connection after what was said."""
        raise HungUp(in_order=True)

    def next_id(self) -> int:
        """The number of the next mail that is taken."""
        return len(self.ledger.mails) + 1

    async def _break(self, act: Act) -> None:
        if act is Act.STALL:
            await self.wire.discard()
        if act in (Act.FLOOD, Act.FLOOD_LINES):
            await self.wire.flood(_LONG_LINE if act is Act.FLOOD else _MANY_LINES)
        await self.wire.flush()
        raise HungUp

    async def _obey(self, line: str) -> None:
        self.ledger.note(self.number, line)
        verb, _, argument = line.partition(" ")
        verb = verb.upper()
        if not self._is_open and verb != "QUIT":
            self.wire.say("503 5.5.1 No mail service here")
        elif self.wire.has_input and not self.features.pipelining and verb != "BDAT":
            self.wire.say("503 5.5.0 Improper use of SMTP command pipelining")
            raise HungUp(in_order=True)
        elif verb not in self._verbs:
            self.wire.say("500 5.5.2 Command unrecognised")
        else:
            await self._verbs[verb](argument)

    async def _ehlo(self, argument: str) -> None:
        if not self.features.has_ehlo:
            self.wire.say("502 5.5.1 EHLO not implemented")
            return
        lines = [self.features.hostname, *self.features.offered(has_tls=self.has_tls)]
        last = len(lines) - 1
        usual = "\n".join(f"250{' ' if i == last else '-'}{line}" for i, line in enumerate(lines))
        self._has_greeted = await self.answer(Stage.EHLO, usual) < 400
        self._transaction = None

    async def _helo(self, argument: str) -> None:
        self._has_greeted = await self.answer(Stage.EHLO, f"250 {self.features.hostname}") < 400
        self._transaction = None

    async def _starttls(self, argument: str) -> None:
        if self._context is None or not self.features.starttls or self.has_tls:
            self.wire.say("502 5.5.1 STARTTLS not offered")
            return
        if await self.answer(Stage.STARTTLS, "220 2.0.0 Go ahead") != 220:
            return
        if plan := self.script.due(Stage.TLS):
            await self.perform(plan, "")
        try:
            await self.wire.start_tls(self._context)
        except GONE as error:
            self.ledger.note(self.number, f"TLS-FAILED {error}")
            raise HungUp from error
        self.ledger.note(self.number, "TLS")
        self.has_tls, self._has_greeted = True, False

    async def _auth(self, argument: str) -> None:
        mechanism, _, initial = argument.partition(" ")
        if self.features.users and not self.features.offers_login(has_tls=self.has_tls):
            self.wire.say("538 5.7.11 Encryption required for this mechanism")
        elif not self.features.users:
            self.wire.say("502 5.5.1 AUTH not offered")
        elif mechanism.upper() not in self.features.mechanisms:
            self.wire.say("504 5.5.4 Mechanism not known")
        else:
            await self._login(mechanism.upper(), decoded(initial) if initial else None)

    async def _login(self, mechanism: str, initial: str | None) -> None:
        name = await login(mechanism, initial, self.features.users, self._ask)
        if name is None:
            await self.answer(Stage.AUTH, "501 5.5.2 Cannot read that")
        elif not name:
            await self.answer(Stage.AUTH, "535 5.7.8 Authentication credentials invalid")
        elif await self.answer(Stage.AUTH, "235 2.7.0 Authentication successful") == 235:
            self.user = name

    async def _ask(self, challenge: str) -> str | None:
        self.wire.say(f"334 {base64.b64encode(challenge.encode()).decode()}")
        line = await self.wire.line()
        if line is None:
            raise HungUp
        return decoded(line.decode("ascii", "replace"))

    async def _mail(self, argument: str) -> None:
        if not self._has_greeted:
            self.wire.say("503 5.5.1 Say EHLO first")
        elif self.features.users and self.features.needs_login and not self.user:
            self.wire.say("530 5.7.0 Authentication required")
        elif self._transaction is not None:
            self.wire.say("503 5.5.1 Nested MAIL command")
        elif self.mails == self.features.mails_per_connection:
            self.wire.say("421 4.7.0 Too many messages over this connection")
            raise HungUp(in_order=True)
        else:
            self._transaction = await smtp_transaction.begin(self, argument)

    async def _rcpt(self, argument: str) -> None:
        if self._transaction is None:
            self.wire.say("503 5.5.1 MAIL first")
        else:
            await self._transaction.add(argument)

    async def _data(self, argument: str) -> None:
        if self._transaction is None:
            self.wire.say("503 5.5.1 MAIL first")
        elif await self._transaction.receive():
            self._transaction = None

    async def _bdat(self, argument: str) -> None:
        if not self.features.knows_bdat:
            self.wire.say("502 5.5.1 Command not implemented")
        elif not self.features.chunking or self._transaction is None:
            self.wire.say("503 5.5.1 No BDAT now")
        elif await self._transaction.receive_chunk(argument):
            self._transaction = None

    async def _rset(self, argument: str) -> None:
        await self.answer(Stage.RESET, "250 2.0.0 Ok")
        self._transaction = None

    async def _noop(self, argument: str) -> None:
        self.wire.say("250 2.0.0 Ok")

    async def _quit(self, argument: str) -> None:
        await self.answer(Stage.QUIT, "221 2.0.0 Bye")
        raise HungUp(in_order=True)
