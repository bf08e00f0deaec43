"""The mail of every row: 4 KB of text to one recipient, no two alike."""

from __future__ import annotations

import json

from panel.domain.delivery import Stream
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Submission

LINE = "A line of an ordinary mail, about eighty characters long, said again.\r\n"
TEXT = LINE * 56
SIZE = len(TEXT)
"""Octets, for programs that make their own text."""


def submission(number: int) -> Submission:
    """The mail as `submit` takes it."""
    return Submission(
        stream=Stream.SYSTEM,
        to=(Mailbox(f"kim{number}@contoso.test"),),
        subject=f"Mail {number}",
        text=f"{number}\r\n{TEXT}",
        source="api",
    )


def json_of(number: int) -> str:
    """The mail as the HTTP API takes it."""
    return json.dumps(
        {
            "stream": "system",
            "to": [f"kim{number}@contoso.test"],
            "subject": f"Mail {number}",
            "text": f"{number}\r\n{TEXT}",
        }
    )
