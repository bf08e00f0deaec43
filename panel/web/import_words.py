"""What an import would do and what is wrong with a document, in words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from panel.services.provider_document_reader import LARGEST, Fault
from panel.services.provider_import_plan import NOTES, Fate, Note
from panel.web.setting_words import field_label
from panel.web.visible import visible

_LOOKS_SECRET = re.compile(rb'"[^"]*(pass|secret|token|key|credential)[^"]*"\s*:', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FateWords:
    """How the preview names what becomes of a provider; `tone` as of badges."""

    label: LazyString
    tone: str


FATES: dict[Fate, FateWords] = {
    Fate.ADDED: FateWords(_l("added"), "success"),
    Fate.CHANGED: FateWords(_l("changed"), "accent"),
    Fate.UNCHANGED: FateWords(_l("unchanged"), "neutral"),
    Fate.KEPT: FateWords(_l("not in the file, kept"), "neutral"),
    Fate.REMOVED: FateWords(_l("removed"), "danger"),
}


def fault_words(fault: Fault) -> str:
    """A fault with its place: which provider, which field."""
    message = visible(_(fault.message, **dict(fault.values)))
    if not fault.position:
        return message
    place = _("Provider %(number)s", number=fault.position)
    if fault.name:
        place += f" ({visible(fault.name)})"
    if fault.field:
        place += f", {field_label(fault.field)}"
    return f"{place}: {message}"


def note_words(note: Note | None) -> str:
    """What is to be known of a provider after the import; empty when it is nothing."""
    return _(NOTES[note]) if note else ""


def repeatable(raw: bytes) -> str:
    """What was handed in, to be corrected in the page.

    Nothing when a password may be in it, or what nobody could see.
    """
    if len(raw) > LARGEST or _LOOKS_SECRET.search(raw):
        return ""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ""
    seen = re.sub(r"[\n\r\t]", "", text)
    return text if seen == visible(seen) else ""
