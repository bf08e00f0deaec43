"""All tables, one noun a file; importing this package makes the metadata complete."""

from panel.storage.models.application import Application, IdempotencyKey
from panel.storage.models.audit import AuditEvent
from panel.storage.models.confirmation import Confirmation
from panel.storage.models.delivery import Attempt, Delivery
from panel.storage.models.drill import Drill
from panel.storage.models.instance import EncryptionKey, Instance, RunningClock, Throttle, Worker
from panel.storage.models.message import Content, Message
from panel.storage.models.partner import Partner
from panel.storage.models.policy import OwnPolicy
from panel.storage.models.provider import (
    Provider,
    ProviderHealth,
    ProviderList,
    ProviderMinute,
    ProviderUsage,
    RefusedSender,
)
from panel.storage.models.retention import OwnRetention
from panel.storage.models.ruling import Ruling
from panel.storage.models.user import SetupLink, User, UserSession

__all__ = [
    "Application",
    "Attempt",
    "AuditEvent",
    "Confirmation",
    "Content",
    "Delivery",
    "Drill",
    "EncryptionKey",
    "IdempotencyKey",
    "Instance",
    "Message",
    "OwnPolicy",
    "OwnRetention",
    "Partner",
    "Provider",
    "ProviderHealth",
    "ProviderList",
    "ProviderMinute",
    "ProviderUsage",
    "RefusedSender",
    "Ruling",
    "RunningClock",
    "SetupLink",
    "Throttle",
    "User",
    "UserSession",
    "Worker",
]
