"""Puts into words what was said over an SMTP connection, once somebody wants to know."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from panel.domain.outcome import Fault, Outcome, Stage
from panel.domain.reply import Reply
from panel.domain.transcript import Event
from panel.drivers.contract import Parcel
from panel.drivers.smtp.conversation import Deliver, Say, Secure
from panel.drivers.smtp.session import Said
from panel.drivers.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Minutes:
    """Of one mail over one connection."""

    opening: Sequence[Said]
    """What was said before the first mail."""
    earlier: int
    """Mails that went before."""
    said: Sequence[Said]

    def on(self, parcel: Parcel, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        """The outcomes, one per recipient, each with what was said about its own recipient."""
        found = []
        for recipient, outcome in zip(parcel.recipients, outcomes, strict=True):
            is_told = parcel.is_watched or not outcome.is_sent
            text = self._text(parcel, recipient, outcome) if is_told else ""
            found.append(replace(outcome, transcript=text))
        return tuple(found)

    def _text(self, parcel: Parcel, recipient: str, outcome: Outcome) -> str:
        if not self.said:
            return ""
        teller = _Teller(recipient, len(parcel.recipients) - 1, parcel.size)
        teller.tell(self.opening)
        if self.earlier:
            teller.transcript.tell(Event.EARLIER, self.earlier)
        teller.tell(self.said)
        return _ended(teller.transcript, outcome)


def with_transcript(outcome: Outcome, said: Sequence[Said]) -> Outcome:
    """The outcome of a connection on which no mail could be sent."""
    if not said:
        return outcome
    teller = _Teller()
    teller.tell(said)
    return replace(outcome, transcript=_ended(teller.transcript, outcome))


def spoken(said: Sequence[Said]) -> tuple[str, ...]:
    """The lines of a conversation that had no mail in it."""
    teller = _Teller()
    teller.tell(said)
    return teller.transcript.lines


def _ended(transcript: Transcript, outcome: Outcome) -> str:
    if outcome.fault is not Fault.REPLY:
        transcript.tell(Event.END, outcome.detail or outcome.fault)
    return transcript.text


class _Teller:
    """Tells what was said; of several recipients only what concerns one of them."""

    def __init__(self, recipient: str = "", others: int = 0, size: int = 0) -> None:
        self.transcript = Transcript()
        self._own = f"<{recipient}>".encode()
        self._others = others
        self._size = size
        self._is_skipping = False
        self._awaited: deque[bool] = deque()
        """For each answer that is to come, whether it is told."""

    def tell(self, said: Iterable[Said]) -> None:
        for item in said:
            if isinstance(item, Say):
                self._command(item)
            elif isinstance(item, Reply):
                self._answer(item)
            elif item is Secure:
                self.transcript.tell(Event.ENCRYPTED)
            elif item is Deliver:
                self.transcript.tell(Event.CONTENT, self._size)
                self._awaited.append(True)

    def _command(self, say: Say) -> None:
        """What follows the last command is content already (a first chunk)."""
        lines = _lines(say)[: len(say.stages)]
        for line, stage in _with_stages(lines, say.stages):
            is_told = stage is not Stage.RCPT or not self._others or self._own in line
            self._awaited.append(is_told)
            if is_told and line:
                self.transcript.note("C", line.decode("utf-8", "replace"))
            elif not is_told:
                self._skip_others()

    def _skip_others(self) -> None:
        """Told once, where the first of them stands."""
        if not self._is_skipping:
            self._is_skipping = True
            self.transcript.tell(Event.OTHERS, self._others)

    def _answer(self, reply: Reply) -> None:
        if self._awaited and not self._awaited.popleft():
            return
        *first, last = reply.lines or ("",)
        for line in first:
            self.transcript.note("S", f"{reply.code}-{line}")
        self.transcript.note("S", f"{reply.code} {last}".rstrip())


def _lines(say: Say) -> list[bytes]:
    shown = say.shown or say.data
    return (shown.encode() if isinstance(shown, str) else shown).split(b"\r\n")


def _with_stages(
    lines: Sequence[bytes], stages: tuple[Stage, ...]
) -> Iterator[tuple[bytes, Stage]]:
    """A wait without a command has an empty line."""
    yield from zip((*lines, *(b"",) * (len(stages) - len(lines))), stages, strict=True)
