"""The fields of a provider as options, and how those that were given change its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

import click

from panel.domain.delivery import Stream
from panel.domain.provider import Encryption, Limits, ProviderType, ServiceType
from panel.services.driver_choices import driver_choices
from panel.services.provider_document import Status
from panel.services.provider_values import ConnectionValues, ProviderValues

Command = TypeVar("Command", bound=Callable[..., Any])
NO_LIMIT = "none"
_OF_CONNECTION = {field.name for field in fields(ConnectionValues)}
_OF_LIMITS = {field.name: field.default for field in fields(Limits)}


class LimitOption(click.ParamType[Any]):
    """A whole number, or the word `none`."""

    name = f"number|{NO_LIMIT}"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """The number; the word stays as it is."""
        return value if value == NO_LIMIT else click.INT.convert(value, param, ctx)


def _words(kind: Any) -> click.Choice[str]:
    return click.Choice([word.value for word in kind])


_LIMIT_HELP = {
    name: f"Mails {name.replace('_', ' ')} at most; `{NO_LIMIT}`: no limit."
    if default is None
    else f"How many of them other systems send {name.removeprefix('elsewhere_').replace('_', ' ')}."
    for name, default in _OF_LIMITS.items()
}
OPTIONS = (
    click.option("--type", type=_words(ProviderType), help="SMTP without it."),
    click.option("--driver", type=click.Choice([item.name for item in driver_choices()])),
    click.option("--name", help="What it is called in the list."),
    click.option("--host", help="The server, for example smtp.example.net."),
    click.option("--port", type=int, help="587 without it."),
    click.option("--encryption", type=_words(Encryption), help="`tls` is STARTTLS."),
    click.option("--verify-certificate/--no-verify-certificate", default=None),
    click.option("--username", help="Empty: no login."),
    click.option("--from-email", help="The address that mail without a From is sent from."),
    click.option("--from-name"),
    click.option("--domains", help="What else it may send for, with commas between."),
    click.option("--account-types", help="For example system,crm; empty: all mail."),
    click.option("--service-type", type=_words(ServiceType)),
    click.option("--status", type=_words(Status), help="`active` tests the connection first."),
    *(
        click.option(f"--{name.replace('_', '-')}", type=LimitOption(), help=_LIMIT_HELP[name])
        for name in _OF_LIMITS
    ),
)


def with_fields(command: Command) -> Command:
    """Gives a command an option for each field; what was not given is None."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def changed(values: ProviderValues, given: Mapping[str, Any]) -> ProviderValues:
    """The values with the fields that were given; raises UsageError for an unknown kind of mail."""
    told = {name: value for name, value in given.items() if value is not None}
    if "status" in told:
        told["is_active"] = told.pop("status") == Status.ACTIVE
    typed = {name: _typed(name, value) for name, value in told.items()}
    connection = {name: typed.pop(name) for name in told if name in _OF_CONNECTION}
    limits = {name: typed.pop(name) for name in told if name in _OF_LIMITS}
    return replace(
        values,
        connection=replace(values.connection, **connection),
        limits=replace(values.limits, **limits),
        **typed,
    )


def _typed(name: str, value: Any) -> Any:
    if name in _TYPES:
        return _TYPES[name](value)
    if name in _OF_LIMITS:
        return _OF_LIMITS[name] if value == NO_LIMIT else value
    return value.strip() if isinstance(value, str) else value


def _streams(text: str) -> tuple[Stream, ...]:
    given = _items(text)
    strange = sorted(set(given) - set(Stream))
    if strange:
        known = ", ".join(Stream)
        raise click.UsageError(f"There is no account type {strange[0]!r}. There are {known}.")
    return tuple(stream for stream in Stream if stream in given)


def _items(text: str) -> tuple[str, ...]:
    parts = text.replace(",", " ").split()
    return tuple(dict.fromkeys(part.lower() for part in parts))


_TYPES: dict[str, Callable[[str], Any]] = {
    "type": ProviderType,
    "encryption": Encryption,
    "service_type": ServiceType,
    "domains": _items,
    "account_types": _streams,
}
"""What makes the typed value of a field whose option is a text."""
