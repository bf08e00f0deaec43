"""Documents of providers as an export writes them and people change them."""

from typing import Any

ENTRY: dict[str, Any] = {
    "name": "new", "type": "smtp", "driver": "smtp", "host": "smtp.new.test", "port": 587,
    "encryption": "tls", "verify_certificate": True, "username": "", "from_email": "a@new.test",
    "from_name": "", "domains": [], "account_types": [], "service_type": "primary",
    "status": "active", "per_second": None, "per_minute": None, "per_hour": None, "per_day": 500,
}  # fmt: skip


def a_document(*providers: Any, **overrides: Any) -> dict[str, Any]:
    """A document of these providers."""
    whole = {"format": "postroom-providers", "version": 1, "providers": list(providers)}
    return whole | overrides


def changed(document: dict[str, Any], which: str, /, **fields: Any) -> dict[str, Any]:
    """The document with other values for one provider."""
    providers = [p | fields if p["name"] == which else p for p in document["providers"]]
    return document | {"providers": providers}
