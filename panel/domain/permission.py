"""Who may do what: the one table of roles and permissions, and the actors it is asked about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is to the house."""

    OPERATOR = "operator"
    PARTNER_ADMIN = "partner_admin"
    SUPPORT = "support"


class Permission(StrEnum):
    """Something that not everybody may do."""

    SEE_OVERVIEW = "see_overview"
    SEE_PROVIDERS = "see_providers"
    CHANGE_PROVIDERS = "change_providers"
    OWN_SMTP = "own_smtp"
    """The mail servers within the own scope: a partner's own, for an operator everybody's."""
    TEST_CONNECTIONS = "test_connections"
    """Of values that are given; nothing stored is used or changed."""
    SEE_QUEUE = "see_queue"
    CHANGE_QUEUE = "change_queue"
    SEE_MAILING_LOG = "see_mailing_log"
    SEE_ROUTES = "see_routes"
    """Which way mail would go, and how failover drills went."""
    OWN_ACCOUNT = "own_account"
    CHANGE_USERS = "change_users"
    CHANGE_PARTNERS = "change_partners"
    CHANGE_APPLICATIONS = "change_applications"
    CHANGE_SETTINGS = "change_settings"
    SEE_AUDIT = "see_audit"
    SUBMIT_MAIL = "submit_mail"


ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OPERATOR: frozenset(Permission) - {Permission.SUBMIT_MAIL},
    Role.SUPPORT: frozenset(
        {
            Permission.SEE_OVERVIEW,
            Permission.SEE_QUEUE,
            Permission.CHANGE_QUEUE,
            Permission.SEE_MAILING_LOG,
            Permission.SEE_ROUTES,
            Permission.OWN_ACCOUNT,
        }
    ),
    Role.PARTNER_ADMIN: frozenset(
        {
            Permission.OWN_SMTP,
            Permission.TEST_CONNECTIONS,
            Permission.SEE_QUEUE,
            Permission.CHANGE_QUEUE,
            Permission.SEE_MAILING_LOG,
            Permission.OWN_ACCOUNT,
        }
    ),
}
APPLICATION_PERMISSIONS = frozenset({Permission.SUBMIT_MAIL})
RIGHT_PERMISSIONS: dict[str, Permission] = {
    "connection_tests": Permission.TEST_CONNECTIONS,
    "providers_read": Permission.SEE_PROVIDERS,
}
"""What an application may do beyond submitting mail, where it was given the right."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows may be seen: everybody's, or those of one owner (a partner, or the house)."""

    is_everything: bool
    partner_id: int | None = None


EVERYTHING = Scope(is_everything=True)
HOUSE = "house"


def narrowed(scope: Scope, owner: str) -> Scope:
    """Of a scope of everything only what one owner has; nobody sees more by it.

    `owner`: HOUSE, a partner's id in digits, or empty for all.
    """
    if not owner or not scope.is_everything:
        return scope
    return Scope(is_everything=False, partner_id=None if owner == HOUSE else int(owner))


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever asks for something: a user, an application, or the command line."""

    name: str
    """For the audit: an e-mail address, `application:NAME` or `command line`."""
    permissions: frozenset[Permission]
    scope: Scope
    role: Role | None = None
    user_id: int | None = None
    application_id: int | None = None
    session_id: int | None = None
    language: str = ""
    address: str = ""
    """Network address that the request came from."""
    may_read_bodies: bool = False

    def may(self, permission: Permission) -> bool:
        """Whether this actor has the permission."""
        return permission in self.permissions

    @property
    def is_partner(self) -> bool:
        """Whether everything it sees belongs to one partner."""
        return not self.scope.is_everything and self.scope.partner_id is not None


COMMAND_LINE = Actor(name="command line", permissions=frozenset(Permission), scope=EVERYTHING)


def user_actor(
    *,
    user_id: int,
    email: str,
    role: Role,
    partner_id: int | None,
    session_id: int,
    language: str,
    address: str,
    may_read_bodies: bool,
) -> Actor:
    """The actor of a signed-in user: a partner admin sees one partner, everybody else all."""
    is_partner = role is Role.PARTNER_ADMIN
    return Actor(
        name=email,
        permissions=ROLE_PERMISSIONS[role],
        scope=Scope(is_everything=False, partner_id=partner_id) if is_partner else EVERYTHING,
        role=role,
        user_id=user_id,
        session_id=session_id,
        language=language,
        address=address,
        may_read_bodies=may_read_bodies,
    )
