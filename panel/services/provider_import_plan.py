"""What an import would make of a list: worked out beforehand, looked at, then carried out as it is.

A provider of the document is the one of the list that has its name, in whatever case. A stored
password stays where the connection identity stays; everywhere else the provider is imported
inactive, as one whose connection has not been tested.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from panel.domain.provider import ServiceType
from panel.services.driver_choices import needs_secret
from panel.services.provider_checks import provider_errors
from panel.services.provider_document import (
    Difference,
    Entry,
    Status,
    differences,
    entry_of,
    tidied,
    written,
)
from panel.services.provider_document_reader import Fault, Reading, shown
from panel.services.refusals import N_
from panel.storage.models import Provider


class Fate(StrEnum):
    """What becomes of one provider."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    KEPT = "kept"
    """It is not in the document and stays as it is, below those that are."""
    REMOVED = "removed"
    """It is not in the document, and removal was asked for."""


class Note(StrEnum):
    """What a person has to do, or to know, after the import."""

    NEEDS_PASSWORD = "needs_password"
    LOSES_PASSWORD = "loses_password"
    NEEDS_TEST = "needs_test"


NOTES: dict[Note, str] = {
    Note.NEEDS_PASSWORD: N_("Needs its password: it is imported inactive."),
    Note.LOSES_PASSWORD: N_(
        "Its stored password is removed, because it belongs to the present server and user name. "
        "Needs its password: it is imported inactive."
    ),
    Note.NEEDS_TEST: N_("Needs a connection test: until then it is inactive."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One provider of the plan; `entry` is what will be written, None where nothing is."""

    name: str
    fate: Fate
    provider: Provider | None = None
    entry: Entry | None = None
    differences: tuple[Difference, ...] = ()
    note: Note | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole import. With faults it cannot be carried out, and has no lines."""

    lines: tuple[Line, ...] = ()
    """In the order of the list afterwards, what is removed last."""
    faults: tuple[Fault, ...] = ()
    is_reordered: bool = False
    """Providers that are there already change places."""
    document: str = ""
    """What was read, without anything that does not matter."""
    fingerprint: str = ""
    """Of the document and of the list as it is now: another one is another plan."""

    @property
    def is_empty(self) -> bool:
        """Whether it would change nothing."""
        return not self.is_reordered and all(
            line.fate in (Fate.UNCHANGED, Fate.KEPT) for line in self.lines
        )

    def of(self, fate: Fate) -> tuple[Line, ...]:
        """The lines with this fate."""
        return tuple(line for line in self.lines if line.fate == fate)


def make_plan(
    reading: Reading,
    present: Sequence[Provider],
    *,
    keys: dict[str, str],
    list_version: int,
    removes_missing: bool,
) -> Plan:
    """The import of `reading` into the list `present`, in its order.

    `keys` has, for each name in either (without spaces around it), what it is told apart by.
    """
    by_key = {keys[provider.name]: provider for provider in present}
    lines, faults, seen = [], list(reading.faults), set[str]()
    for position, given in reading.entries:
        key = keys[given.name.strip()]
        if key in seen:
            faults.append(_fault(N_("This name is there twice."), position, given, "name"))
        seen.add(key)
        line = _line(given, by_key.get(key))
        lines.append(line)
        if line.fate in (Fate.ADDED, Fate.CHANGED) and line.entry:
            faults.extend(_value_faults(line.entry, position))
    missing = [provider for provider in present if keys[provider.name] not in seen]
    fate = Fate.REMOVED if removes_missing else Fate.KEPT
    rest = [Line(provider.name, fate, provider) for provider in missing]
    if not faults and _leaves_none_active(present, [*lines, *rest]):
        faults.append(Fault(_NONE_ACTIVE))
    if faults:
        return Plan(faults=tuple(sorted(faults, key=lambda fault: fault.position)))
    ordered = _in_order([*lines, *rest])
    document = written(entry for _, entry in reading.entries)
    return Plan(
        lines=ordered,
        is_reordered=_is_reordered(ordered, present),
        document=document,
        fingerprint=_fingerprint(
            document, present, list_version=list_version, removes_missing=removes_missing
        ),
    )


_NONE_ACTIVE = N_(
    "After this import no provider would be active, and no mail could be sent. An active provider "
    "whose server or user name changes is imported inactive; activate another one first."
)


def service_type_of(line: Line) -> ServiceType:
    """The group in which the provider stands afterwards."""
    if line.entry is not None:
        return line.entry.service_type
    assert line.provider is not None  # noqa: S101 - a line is about one or the other
    return line.provider.service_type


def _line(given: Entry, provider: Provider | None) -> Line:
    wanted = tidied(given)
    if provider is None:
        entry, note = _untested(wanted)
        return Line(entry.name, Fate.ADDED, None, entry, (), note)
    present = entry_of(provider)
    if given == present:
        return Line(present.name, Fate.UNCHANGED, provider, present)
    entry, note = _settled(wanted, provider)
    changes = differences(present, entry)
    fate = Fate.CHANGED if changes else Fate.UNCHANGED
    return Line(entry.name, fate, provider, entry, changes, note)


def _settled(wanted: Entry, provider: Provider) -> tuple[Entry, Note | None]:
    """What may become of a provider that is there."""
    if wanted.values().connection.identity != provider.identity:
        entry, note = _untested(wanted)
        return entry, Note.LOSES_PASSWORD if provider.secret is not None else note
    if wanted.is_active and not provider.is_active and not provider.is_verified:
        entry, note = _untested(wanted)
        return entry, note if provider.secret is None else Note.NEEDS_TEST
    return wanted, None


def _untested(wanted: Entry) -> tuple[Entry, Note | None]:
    """Without a passed test and without a password a provider is not active."""
    entry = replace(wanted, status=Status.INACTIVE)
    if needs_secret(wanted.driver, wanted.username):
        return entry, Note.NEEDS_PASSWORD
    return entry, Note.NEEDS_TEST if wanted.is_active else None


def _value_faults(entry: Entry, position: int) -> Iterable[Fault]:
    for field, message in provider_errors(entry.values()).items():
        yield _fault(message, position, entry, field)


def _fault(message: str, position: int, entry: Entry, field: str) -> Fault:
    return Fault(message, position=position, name=shown(entry.name.strip()), field=field)


def _leaves_none_active(present: Sequence[Provider], lines: Iterable[Line]) -> bool:
    if not any(provider.is_active for provider in present):
        return False
    return not any(_is_active(line) for line in lines)


def _is_active(line: Line) -> bool:
    if line.fate is Fate.REMOVED:
        return False
    if line.entry is not None:
        return line.entry.is_active
    return line.provider is not None and line.provider.is_active


def _in_order(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Primaries, then fallbacks, each in the document's order; then what is removed."""
    staying = [line for line in lines if line.fate is not Fate.REMOVED]
    removed = [line for line in lines if line.fate is Fate.REMOVED]
    groups = (ServiceType.PRIMARY, ServiceType.FALLBACK)
    ordered = [line for group in groups for line in staying if service_type_of(line) is group]
    return (*ordered, *removed)


def _is_reordered(ordered: Sequence[Line], present: Sequence[Provider]) -> bool:
    after = [line.provider.id for line in ordered if line.provider and line.fate != Fate.REMOVED]
    staying = set(after)
    return after != [provider.id for provider in present if provider.id in staying]


def _fingerprint(
    document: str, present: Sequence[Provider], *, list_version: int, removes_missing: bool
) -> str:
    states = [(p.id, p.version, p.is_active, p.is_verified, p.secret is None) for p in present]
    parts = repr((document, list_version, removes_missing, states))
    return hashlib.sha256(parts.encode()).hexdigest()
