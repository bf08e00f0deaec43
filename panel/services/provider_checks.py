"""Whether entered values can be used at all: a message for each field that cannot.

The rules are the same for the form, the command line and an import. Nothing is looked up here,
neither in the database nor on the network.
"""

from __future__ import annotations

import re
from dataclasses import replace

from panel.domain.provider import ProviderType
from panel.sending.address import address_fault, wire_address
from panel.sending.probe import clean_host, host_fault
from panel.services.driver_choices import (
    DriverDescription,
    described,
    may_use,
    settings_of_driver,
)
from panel.services.provider_values import ConnectionValues, ProviderValues
from panel.services.refusals import N_

MASK = re.compile(r"[•●∙*]{3,}|([a-z]{1,4}[._-])?x{3,}", re.IGNORECASE)
"""What screens show in place of a stored secret, and what people type for one (`re_xxxx`)."""
PLACEHOLDER_HOSTS = frozenset(
    {
        "example.com",
        "smtp.example.com",
        "mail.example.com",
        "smtp.yourdomain.com",
        "mail.yourdomain.com",
        "smtp.your-domain.com",
        "smtp.domain.com",
        "mail.domain.com",
        "smtp.yourprovider.com",
        "smtp.your-provider.com",
        "your-smtp-host",
        "your-smtp-server",
        "smtp-host",
        "smtp-server",
        "changeme",
        "xxx",
    }
)
_PLACEHOLDER_DOMAINS = frozenset(
    {"yourdomain.com", "your-domain.com", "yourcompany.com", "your-company.com", "domain.com"}
)
_NOUNS = ("api-key", "api-token", "app-password", "password", "secret", "username", "token")
PLACEHOLDER_WORDS = frozenset(
    {
        "changeme",
        "change-me",
        "change_me",
        *(f"your-{noun}" for noun in _NOUNS),
        *(f"your_{noun.replace('-', '_')}" for noun in _NOUNS),
        *(f"your{noun.replace('-', '')}" for noun in _NOUNS),
    }
)
LONGEST = {"name": 100, "username": 320, "password": 1000, "from_email": 320, "from_name": 200}
_MOST_DOMAINS = 100
_NEEDED = N_("This driver needs it.")
_LARGEST_LIMIT = 1_000_000_000

Errors = dict[str, str]


def connection_errors(values: ConnectionValues) -> Errors:
    """What is wrong with the fields of the connection; empty when a test may be tried."""
    errors = setting_errors(values)
    values = clean(values)
    errors |= {
        "driver": "" if may_use(values.driver) else N_("Choose one of the drivers."),
        "host": "" if "base_url" in errors else _host_error(values.host),
        "port": ""
        if "base_url" in errors or 1 <= values.port <= 65535
        else N_("Enter a port from 1 to 65535."),
        "username": _username_error(values),
        "password": _password_error(values),
    }
    return _only_faults(errors)


def provider_errors(values: ProviderValues) -> Errors:
    """What is wrong with any field of the form."""
    fits = may_use(values.connection.driver, values.type)
    errors = {
        "driver": "" if fits else N_("This driver does not fit the provider type."),
        "name": _text_error("name", values.name) if values.name else N_("Enter a name."),
        "from_email": _address_error(values.from_email),
        "from_name": _text_error("from_name", values.from_name),
        "domains": _domains_error(values.domains),
        "account_types": _account_types_error(values),
        **_limit_errors(values),
    }
    return _only_faults(errors) | connection_errors(values.connection)


def clean(values: ConnectionValues) -> ConnectionValues:
    """The values with the host in the form in which it is dialled and stored.

    An API's host and port follow from its settings; what its driver does not use is left out.
    """
    found = described(values.driver)
    declared = settings_of_driver(values.driver)
    given = {name: value.strip() for name, value in values.settings}
    kept = tuple((item.name, given.get(item.name) or item.usual) for item in declared)
    values = replace(values, settings=kept)
    if found is None or found.site is None:
        return replace(values, host=clean_host(values.host))
    username = values.username if "username" in found.fields else ""
    try:
        place = found.place(dict(kept))
    except ValueError:
        return replace(values, username=username)
    if place is None:
        return replace(values, username=username)
    return replace(
        values,
        host=place.host,
        port=place.port,
        encryption=place.encryption,
        username=username,
    )


def setting_errors(values: ConnectionValues) -> Errors:
    """What is wrong with the settings that only this driver has."""
    found = described(values.driver)
    given = {name: value.strip() for name, value in values.settings}
    errors = {}
    for item in settings_of_driver(values.driver):
        value = given.get(item.name, "")
        if value and not item.fits(value):
            errors[item.name] = N_("This cannot be used here. Look at the hint and the example.")
        elif value and _is_placeholder(value):
            errors[item.name] = N_("This is a placeholder from an example. Enter the real value.")
        elif item.is_required and not value:
            errors[item.name] = _NEEDED
    if found is not None and "base_url" in given and "base_url" not in errors:
        errors |= _base_url_error(found, given)
    return errors


def _base_url_error(found: DriverDescription, given: dict[str, str]) -> Errors:
    try:
        found.place(given)
    except ValueError:
        return {
            "base_url": N_(
                "Write it like https://mail.example.net or https://mail.example.net/path; "
                "http:// only for this very machine."
            )
        }
    return {}


def clean_values(values: ProviderValues) -> ProviderValues:
    """The values as they are stored: hosts and domains in ASCII, as mail and resolvers have them.

    What has a fault is left as it was entered.
    """
    address = values.from_email
    return replace(
        values,
        connection=clean(values.connection),
        from_email=address if address_fault(address) else wire_address(address),
        domains=tuple(dict.fromkeys(map(_clean_domain, values.domains))),
    )


def _clean_domain(domain: str) -> str:
    bare = domain.removeprefix(".")
    return domain[: len(domain) - len(bare)] + clean_host(bare)


def _only_faults(errors: Errors) -> Errors:
    return {field: message for field, message in errors.items() if message}


def _host_error(host: str) -> str:
    if not host:
        return N_("Enter the host name of the server.")
    if host.lower() in PLACEHOLDER_HOSTS:
        return N_("This is a placeholder from an example. Enter the host name of your provider.")
    if host_fault(host):
        return N_("This is no host name. Write it like smtp.example.net or 192.0.2.25.")
    return ""


def _username_error(values: ConnectionValues) -> str:
    """An API that has a user name at all takes none without."""
    found = described(values.driver)
    if found is not None and found.needs_secret and "username" in found.fields:
        return _text_error("username", values.username) if values.username else _NEEDED
    return _text_error("username", values.username)


def _password_error(values: ConnectionValues) -> str:
    password = values.password
    if _is_placeholder(password):
        return N_("This is a placeholder, not a password. Enter the real one.")
    found = described(values.driver)
    is_login = found is None or not found.needs_secret
    if password and not values.username and is_login:
        return N_("A password needs a user name. Enter the user name, or leave both empty.")
    return _text_error("password", password)


def _text_error(field: str, text: str) -> str:
    if len(text) > LONGEST[field]:
        return N_("This is too long.")
    if not text.isprintable():
        return N_("This contains control characters. Type it again.")
    if field != "password" and _is_placeholder(text):
        return N_("This is a placeholder from an example. Enter the real value.")
    return ""


def _address_error(address: str) -> str:
    if not address:
        return N_("Enter the address that mail is sent from.")
    if address_fault(address):
        return N_("This is no e-mail address. Write it like post@example.net.")
    if address.rpartition("@")[2].lower() in _PLACEHOLDER_DOMAINS:
        return N_("This is a placeholder from an example. Enter the real value.")
    return ""


def _is_placeholder(text: str) -> bool:
    """Whether it is a mask or a word from an example, with or without brackets around it."""
    word = text.strip("<>[]{}\"' ").lower()
    return (
        MASK.fullmatch(text) is not None
        or MASK.fullmatch(word) is not None
        or word in (PLACEHOLDER_WORDS)
    )


def _domains_error(domains: tuple[str, ...]) -> str:
    if len(domains) > _MOST_DOMAINS:
        return N_("These are more than 100 domains.")
    bad = any(host_fault(domain.removeprefix(".")) or ":" in domain for domain in domains)
    return N_("Write domains like example.net, or .example.net for subdomains.") if bad else ""


def _account_types_error(values: ProviderValues) -> str:
    is_crm = values.type is ProviderType.CRM_API_SMTP
    if is_crm and any(stream.value != "crm" for stream in values.account_types):
        return N_("A CRM API SMTP provider carries CRM mail only. Choose only CRM.")
    return ""


def _limit_errors(values: ProviderValues) -> Errors:
    errors = {}
    for field in ("per_second", "per_minute", "per_hour", "per_day"):
        limit = getattr(values.limits, field)
        elsewhere = getattr(values.limits, f"elsewhere_{field}")
        if limit is not None and not 1 <= limit <= _LARGEST_LIMIT:
            errors[field] = N_("Enter a whole number above 0, or nothing for no limit.")
        elif elsewhere:
            errors[f"elsewhere_{field}"] = _elsewhere_error(limit, elsewhere)
    return errors


def _elsewhere_error(limit: int | None, elsewhere: int) -> str:
    if limit is None:
        return N_("Enter the limit of the provider first; this part goes off it.")
    if elsewhere >= limit:
        return N_("This leaves nothing of the limit. Enter less than the limit.")
    return ""
