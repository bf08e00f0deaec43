"""What the sandbox servers say to recipients that ask for it by their local parts.

Whatever follows a `+` only makes addresses different. All other recipients are taken.
"""

from __future__ import annotations

from dataclasses import dataclass

from panel.domain.outcome import Stage

DELAY_S = 12.0
"""How long a server takes over the mail of `slow@`."""


@dataclass(frozen=True, slots=True)
class Scripted:
    """What happens to the mail of one recipient."""

    stage: Stage
    """RCPT, or FINAL: the answer to the content."""
    text: str = ""
    """The reply, `%s` standing for the recipient; empty: the connection ends without one."""
    times: int = 0
    """So often, then it is taken; 0: always."""
    delay_s: float = 0.0
    """It is taken after that."""


_RCPT, _FINAL = Stage.RCPT, Stage.FINAL
SCRIPTED: dict[str, Scripted] = {
    "nobody": Scripted(
        _RCPT,
        "550 5.1.1 <%s>: Recipient address rejected: User unknown in local recipient table",
    ),
    "left.company": Scripted(_RCPT, "550 5.2.1 <%s>: This mailbox has been disabled"),
    "over.quota": Scripted(_RCPT, "552 5.2.2 <%s>: Mailbox full"),
    "full.mailbox": Scripted(
        _RCPT, "452 4.2.2 The email account that you tried to reach is over quota."
    ),
    "busy.mailbox": Scripted(_RCPT, "450 4.2.1 <%s> is receiving mail too quickly, try later"),
    "greylisted": Scripted(
        _RCPT, "450 4.2.0 <%s>: Recipient address rejected: Greylisted, please come back", times=1
    ),
    "come.back": Scripted(_RCPT, "451 4.7.1 Service unavailable - try again later", times=2),
    "staff.only": Scripted(_RCPT, "550 5.7.133 Sender not authenticated for group"),
    "no.domain": Scripted(_RCPT, "556 Domain does not accept mail"),
    "blocklist": Scripted(
        _RCPT, "550 5.7.1 Service unavailable; client [192.0.2.7] blocked using bl.example.org"
    ),
    "policy": Scripted(_RCPT, "550 5.7.0 Denied by policy"),
    "refused": Scripted(_RCPT, "550 Administrative prohibition"),
    "not.our.sender": Scripted(
        _FINAL, "550 5.7.26 Unauthenticated mail from this domain is not accepted"
    ),
    "spam.filter": Scripted(
        _FINAL, "554 5.7.1 Message rejected: its content looks like spam (score 9.2)"
    ),
    "too.large": Scripted(_FINAL, "552 5.3.4 Error: message file too big"),
    "unknown.late": Scripted(_FINAL, "550 5.1.1 Invalid recipient <%s>"),
    "not.now": Scripted(_FINAL, "450 4.4.2 Not now, please try again in some minutes", times=1),
    "transaction": Scripted(_FINAL, "554 Transaction failed"),
    "slow": Scripted(_FINAL, delay_s=DELAY_S),
    "lost.answer": Scripted(_FINAL),
}
"""`lost.answer` ends the connection after the mail was taken: the mail becomes unconfirmed."""


def scripted(recipient: str, stage: Stage) -> Scripted | None:
    """What is to happen at this stage; None for what usually happens."""
    local = recipient.partition("@")[0].partition("+")[0].lower()
    found = SCRIPTED.get(local)
    return found if found is not None and found.stage is stage else None
