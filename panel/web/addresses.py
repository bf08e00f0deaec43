"""The address of a list as it is narrowed now, or with something changed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import url_for

from panel.services.audit_trail import AuditFilter
from panel.services.mailing_log import LogFilter
from panel.services.queue import QueueFilter

_FORM = "%Y-%m-%dT%H:%M"


def address_of(endpoint: str, wanted: QueueFilter | LogFilter | AuditFilter, **changes: Any) -> str:
    """The list at `endpoint` narrowed by `wanted`; `changes` replace single values or add some."""
    values = asdict(wanted) | changes
    shown: dict[str, Any] = {name: _text(value) for name, value in values.items() if value}
    return url_for(endpoint, **shown)


def _text(value: object) -> str:
    return value.strftime(_FORM) if isinstance(value, datetime) else str(value)
