"""Reading a document of providers that somebody hands in: every fault with its place.

Strict on purpose: a field that is misspelt, twice there or of another kind is a fault, never a
guess. Whether the values themselves can be used is asked elsewhere (`provider_checks`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from panel.domain.provider import Limits
from panel.services.driver_choices import declared_settings
from panel.services.provider_document import FORMAT, VERSION, Entry
from panel.services.provider_document_fields import KINDS, LIMITS, OPTIONAL, WrongValue
from panel.services.refusals import N_

LARGEST = 256 * 1024
"""Bytes of a document."""
MOST = 200
"""Providers of a document."""
_SHOWN = 60
_SECRET = re.compile(r"pass(word|wd|phrase)?|secret|token|(api_?)?key|credentials?", re.IGNORECASE)
_TOP_FIELDS = {"format", "version", "exported_at", "providers"}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where. `message` is English, to be translated where it is shown."""

    message: str
    values: Mapping[str, object] = field(default_factory=dict)
    position: int = 0
    """The provider that it is about, from 1; 0: the document itself."""
    name: str = ""
    """The provider's name, as far as it could be read."""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a document holds, as far as it could be read."""

    entries: tuple[tuple[int, Entry], ...] = ()
    """With their positions in the document, from 1."""
    faults: tuple[Fault, ...] = ()


def read(raw: bytes) -> Reading:
    """The providers of a document, or its faults; what is no document at all has one fault."""
    try:
        listed = _providers(_parsed(raw))
    except WrongValue as wrong:
        return Reading(faults=(Fault(wrong.message, wrong.values),))
    entries: list[tuple[int, Entry]] = []
    faults: list[Fault] = []
    for position, item in enumerate(listed, start=1):
        found = _entry(item, position)
        if isinstance(found, Entry):
            entries.append((position, found))
        else:
            faults.extend(found)
    return Reading(tuple(entries), tuple(faults))


def shown(text: str) -> str:
    """Somebody else's text, short and printable."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:_SHOWN])


def _parsed(raw: bytes) -> object:
    if len(raw) > LARGEST:
        raise WrongValue(N_("This is larger than 256 KiB. Export fewer providers at once."))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongValue(
            N_("This is no text in UTF-8. Choose a file that Postroom exported.")
        ) from None
    if not text.strip():
        raise WrongValue(N_("Choose a file, or paste what was exported."))
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        message = N_("This is no JSON: line %(line)s, column %(column)s cannot be read.")
        raise WrongValue(message, line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise WrongValue(N_("This is no list of providers: its brackets are too deep.")) from None
    except WrongValue:
        raise
    except ValueError:
        raise WrongValue(N_("A number in it is too long to be read.")) from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object; twice the same name would let people read one value and the program another."""
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    names = [name for name, _ in pairs]
    twice = next(name for name in names if names.count(name) > 1)
    raise WrongValue(N_("“%(field)s” stands there twice in one place."), field=shown(twice))


def _no_number(word: str) -> NoReturn:
    raise WrongValue(N_("“%(word)s” is no number."), word=word)


def _providers(document: object) -> list[object]:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        message = N_("This is no export of providers: “format” is not “%(format)s”.")
        raise WrongValue(message, format=FORMAT)
    version = document.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise WrongValue(N_("“version” is missing or no number from 1."))
    if version > VERSION:
        message = N_("This was written by a newer Postroom (version %(version)s of the format).")
        raise WrongValue(message, version=shown(str(version)))
    strange = sorted(set(document) - _TOP_FIELDS)
    if strange:
        raise WrongValue(N_("There is no field “%(field)s” here."), field=shown(strange[0]))
    listed = document.get("providers")
    if not isinstance(listed, list):
        raise WrongValue(N_("“providers” is missing or no list."))
    if len(listed) > MOST:
        raise WrongValue(N_("These are more than 200 providers."))
    return listed


def _entry(item: object, position: int) -> Entry | list[Fault]:
    if not isinstance(item, dict):
        return [Fault(N_("This must be an object in curly brackets."), position=position)]
    given = item.get("name")
    name = shown(given) if isinstance(given, str) else ""
    faults = [
        Fault(_strange(key), {"field": shown(key)}, position, name)
        for key in item
        if key not in KINDS
    ]
    values: dict[str, Any] = {}
    for key, kind in KINDS.items():
        try:
            values[key] = _value(item, key, kind)
        except WrongValue as wrong:
            faults.append(Fault(wrong.message, wrong.values, position, name, key))
    if faults:
        return faults
    strange = [
        key for key, _ in values["settings"] if key not in declared_settings(values["driver"])
    ]
    if strange:
        message = N_("This driver has no setting “%(setting)s”.")
        return [Fault(message, {"setting": shown(strange[0])}, position, name, "settings")]
    limits = Limits(**{name: values.pop(name) for name in LIMITS})
    return Entry(**values, limits=limits)


def _strange(key: str) -> str:
    if _SECRET.fullmatch(key):
        return N_(
            "An import takes no passwords, but there is a “%(field)s”. Take it out and enter it in "
            "the form afterwards."
        )
    return N_("There is no field “%(field)s” here.")


def _value(item: Mapping[str, object], key: str, kind: Callable[[object], Any]) -> Any:
    if key in item:
        return kind(item[key])
    if key in OPTIONAL:
        return OPTIONAL[key]
    raise WrongValue(N_("This field is missing."))
