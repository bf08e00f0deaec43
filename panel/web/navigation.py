"""What the frame of every page shows: side bar, account, warnings."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from panel.domain.permission import Actor, Permission
from panel.services.database import current_session
from panel.services.house import House, describe_house
from panel.web.access import present_actor
from panel.web.banners import banners, may_enter
from panel.web.clock import now
from panel.web.hx import is_hx
from panel.web.labels import ROLES
from panel.web.language import choose_language


@dataclass(frozen=True, slots=True)
class Place:
    """A screen that the side bar may lead to."""

    endpoint: str
    label: LazyString
    icon: str
    is_for_partners_only: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the side bar."""

    label: LazyString
    url: str
    icon: str
    is_current: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Lines under one heading; some stand without."""

    label: LazyString | None
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """Who is signed in."""

    name: str
    email: str
    role_label: LazyString


PLACES: tuple[tuple[LazyString | None, tuple[Place, ...]], ...] = (
    (None, (Place("overview.index", _l("Overview"), "home"),)),
    (
        _l("Delivery"),
        (
            Place("smtp_tab.show", _l("SMTP"), "plug-connected", is_for_partners_only=True),
            Place("queue.index", _l("Queue"), "inbox"),
            Place("mailing_log.index", _l("Mailing log"), "list-details"),
            Place("routes.index", _l("Routes"), "route"),
        ),
    ),
    (
        _l("Security"),
        (
            Place("providers.index", _l("Mail Providers"), "server-2"),
            Place("applications.index", _l("Applications"), "apps"),
            Place("users.index", _l("Users"), "users"),
            Place("audit.index", _l("Audit"), "history"),
        ),
    ),
    (
        None,
        (
            Place("partners.index", _l("Partners"), "building-community"),
            Place("settings.index", _l("Settings"), "settings"),
            Place("account.show", _l("Account"), "user-circle", is_for_partners_only=True),
        ),
    ),
)


def frame_context() -> dict[str, object]:
    """The names that `base.html` and `slim.html` need; fragments for htmx need none of them."""
    actor = present_actor()
    is_fragment = is_hx() and request.method == "GET"
    house = House() if is_fragment else _house(actor)
    return {
        "language": choose_language(),
        "instance_name": house.name,
        "instance_environment": "",
        "account": _account(actor),
        "may_find_mail": actor is not None and _may_find_mail(actor),
        "navigation": navigation(actor) if actor and not is_fragment else (),
        "banners": banners(house.warnings, actor) if actor else (),
    }


def _may_find_mail(actor: Actor) -> bool:
    """Where the mailing log is shown it has the same field, and more."""
    is_there = request.endpoint == "mailing_log.index"
    return actor.may(Permission.SEE_MAILING_LOG) and not is_there


def navigation(actor: Actor) -> tuple[Group, ...]:
    """The side bar of an actor: screens that exist and that it may enter."""
    groups = (Group(label, _items(places, actor)) for label, places in PLACES)
    return tuple(group for group in groups if group.items)


def _items(places: tuple[Place, ...], actor: Actor) -> tuple[Item, ...]:
    return tuple(
        Item(
            label=place.label,
            url=url_for(place.endpoint),
            icon=place.icon,
            is_current=_room(actor) == place.endpoint.partition(".")[0],
        )
        for place in places
        if _is_shown(place, actor)
    )


def _room(actor: Actor) -> str | None:
    """The blueprint of this page, or the one that it is a part of for who looks at it."""
    room = request.blueprint
    if room == "queue_jobs":
        return "queue"
    return "partners" if room == "smtp_tab" and not actor.is_partner else room


def _is_shown(place: Place, actor: Actor) -> bool:
    is_wanted = actor.is_partner or not place.is_for_partners_only
    return is_wanted and may_enter(place.endpoint, actor)


def _house(actor: Actor | None) -> House:
    # The request's own session: a second connection for each page could use up the pool.
    return describe_house(current_session(), actor, now=now())


def _account(actor: Actor | None) -> Account | None:
    if actor is None or actor.role is None:
        return None
    return Account(name=current_user.name, email=actor.name, role_label=ROLES[actor.role])
