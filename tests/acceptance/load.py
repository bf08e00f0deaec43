"""Applications that hand in mail without a pause, over HTTP, until they are told to stop."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from tests.acceptance.intake import STREAMS, Caller, Intake

SHORT = "short"
"""How the addresses of mail begin that may expire within a trial."""
ANSWERED_S = 100.0
"""For the last requests to be answered."""


class Load:
    """Threads with a caller each; on leaving, every request under way is brought to its answer."""

    def __init__(
        self,
        port: int,
        tokens: list[str],
        intake: Intake,
        *,
        threads: int = 4,
        pace_s: float = 0.0,
        is_mixed: bool = False,
    ) -> None:
        """The callers use the tokens by turns; `pace_s` lies between the requests of each.

        Mixed: some mails are for later, for a short time only, or taken back.
        """
        self._is_mixed = is_mixed
        self._given_up = threading.Event()
        self._stopped = threading.Event()
        self._pace_s = pace_s
        self._errors: list[BaseException] = []
        callers = [
            Caller(port, tokens[i % len(tokens)], intake, given_up=self._given_up)
            for i in range(threads)
        ]
        self._threads = [
            threading.Thread(target=self._call, args=(caller, random.Random(i)), name=f"load-{i}")
            for i, caller in enumerate(callers)
        ]

    def __enter__(self) -> Self:
        """Begins."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Ends; after an error without waiting for answers."""
        self._stopped.set()
        if error is not None:
            self._given_up.set()
        try:
            for thread in self._threads:
                thread.join(ANSWERED_S)
        finally:
            self._given_up.set()
        assert not [one for one in self._threads if one.is_alive()], "Callers wait for answers."
        if error is None:
            self.raise_errors()

    def raise_errors(self) -> None:
        """Raises what ended a caller."""
        if self._errors:
            raise self._errors[0]

    def _call(self, caller: Caller, chance: random.Random) -> None:
        try:
            while not self._stopped.wait(self._pace_s):
                _hand_in(caller, chance, is_mixed=self._is_mixed)
        except BaseException as error:  # noqa: BLE001 - raised where the load ends
            self._errors.append(error)
        finally:
            caller.close()


def _hand_in(caller: Caller, chance: random.Random, *, is_mixed: bool) -> None:
    """Single mails and batches."""
    number, stream = chance.random(), chance.choice(STREAMS)
    if number < 0.2:
        caller.post_batch([chance.choice(STREAMS) for _ in range(10)])
    elif not is_mixed:
        caller.post(stream)
    elif number < 0.25:
        message_id = caller.post(stream)
        if message_id is not None:
            caller.cancel(message_id)
    elif number < 0.3:
        at = datetime.now(UTC) + timedelta(seconds=chance.uniform(0.5, 3))
        # To a panel whose clock is wrong it may be too far ahead.
        caller.post(stream, send_at=at.isoformat(), answers=(202, 422))
    elif number < 0.35:
        caller.post(stream, to=[caller.address(stream, SHORT)], expires_in=chance.choice((1, 5)))
    elif number < 0.4:
        caller.post(stream, expires_in=86_400)
    else:
        caller.post(stream)
