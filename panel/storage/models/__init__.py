"""All tables, one noun a file; importing this package makes the metadata complete."""

from panel.storage.models.application import Application, IdempotencyKey
from panel.storage.models.audit import AuditEvent
from panel.storage.models.confirmation import Confirmation
from panel.storage.models.delivery import Attempt, Delivery
from panel.storage.models.drill import Drill
from panel.storage.models.instance import (
    ClockJump,
    EncryptionKey,
    Instance,
    RunningClock,
    Throttle,
    Worker,
)
from panel.storage.models.message import Content, Message
from panel.storage.models.partner import Partner, PartnerHour
from panel.storage.models.policy import OwnPolicy
from panel.storage.models.provider import (
    Provider,
    ProviderHealth,
    ProviderList,
    ProviderMinute,
    ProviderQuarter,
    ProviderUsage,
    RefusedSender,
)
from panel.storage.models.queue_job import QueueJob
from panel.storage.models.reading import QueueReading
from panel.storage.models.resend import Resend
from panel.storage.models.retention import OwnRetention
from panel.storage.models.ruling import Ruling
from panel.storage.models.transcript import Transcript
from panel.storage.models.user import SetupLink, User, UserSession

__all__ = [
    "Application",
    "Attempt",
    "AuditEvent",
    "ClockJump",
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
    "PartnerHour",
    "Provider",
    "ProviderHealth",
    "ProviderList",
    "ProviderMinute",
    "ProviderQuarter",
    "ProviderUsage",
    "QueueJob",
    "QueueReading",
    "RefusedSender",
    "Resend",
    "Ruling",
    "RunningClock",
    "SetupLink",
    "Throttle",
    "Transcript",
    "User",
    "UserSession",
    "Worker",
]
