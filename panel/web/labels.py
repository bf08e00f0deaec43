"""What people read for the stored words: one table for each enum of the domain."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from panel.domain.delivery import AttemptStatus, DeliveryState, Stream
from panel.domain.permission import Role
from panel.domain.provider import Encryption, ProviderType, ServiceType

ROLES: dict[Role, LazyString] = {
    Role.OPERATOR: _l("Operator"),
    Role.PARTNER_ADMIN: _l("Partner admin"),
    Role.SUPPORT: _l("Support"),
}
STREAMS: dict[Stream, LazyString] = {
    Stream.SYSTEM: _l("System"),
    Stream.CUSTOMER_SERVICE: _l("Customer service"),
    Stream.CRM: _l("CRM"),
    Stream.CAMPAIGNS: _l("Campaigns"),
}
DELIVERY_STATES: dict[DeliveryState, LazyString] = {
    DeliveryState.QUEUED: _l("Queued"),
    DeliveryState.SENDING: _l("Sending"),
    DeliveryState.DEFERRED: _l("Deferred"),
    DeliveryState.HELD: _l("Held"),
    DeliveryState.UNCONFIRMED: _l("Unconfirmed"),
    DeliveryState.SENT: _l("Sent"),
    DeliveryState.FAILED: _l("Failed"),
    DeliveryState.EXPIRED: _l("Expired"),
    DeliveryState.CANCELLED: _l("Cancelled"),
    DeliveryState.DELIVERED: _l("Delivered"),
    DeliveryState.BOUNCED: _l("Bounced"),
    DeliveryState.COMPLAINED: _l("Complained"),
}
ATTEMPT_STATUSES: dict[AttemptStatus, LazyString] = {
    AttemptStatus.IN_PROGRESS: _l("IN PROGRESS"),
    AttemptStatus.FAIL: _l("FAIL"),
    AttemptStatus.SUCCESS: _l("SUCCESS"),
}
PROVIDER_TYPES: dict[ProviderType, LazyString] = {
    ProviderType.SMTP: _l("SMTP"),
    ProviderType.API_SMTP: _l("API SMTP"),
    ProviderType.CRM_API_SMTP: _l("CRM API SMTP"),
}
SERVICE_TYPES: dict[ServiceType, LazyString] = {
    ServiceType.PRIMARY: _l("Primary"),
    ServiceType.FALLBACK: _l("Fallback"),
}
ENCRYPTIONS: dict[Encryption, LazyString] = {
    Encryption.NONE: _l("None"),
    Encryption.SSL: _l("SSL/TLS"),
    Encryption.TLS: _l("STARTTLS"),
}
