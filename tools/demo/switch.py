"""The pages that only a demo has: its strip on every page, the switch of its servers, its people.

Nothing of the panel refers to them. They are added to the application that `tools.demo.wsgi` makes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from flask import Blueprint, Flask, abort, current_app, flash, redirect, render_template, request
from flask import url_for as address_of
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader
from werkzeug.wrappers import Response

from panel.config import CHECKOUT
from panel.domain.permission import Permission
from panel.services.audit import record
from panel.services.database import current_session
from panel.web.access import allows, current_actor, own_path, present_actor
from panel.web.audit_words import ACTIONS, PLACES
from tools.demo.people import PEOPLE
from tools.demo.place import Place
from tools.demo.servers import SERVERS, TITLES, drawer, servers

EXTENSION = "postroom.demo"
TEMPLATES = Path(__file__).parent / "templates"
ACTION = "demo.server_switched"

blueprint = Blueprint("demo", __name__, url_prefix="/demo")


def add_switch(app: Flask, place: Place) -> None:
    """Adds the pages to an application that has not answered anything yet."""
    app.extensions[EXTENSION] = place
    usual = FileSystemLoader(str(CHECKOUT / "templates"))
    own = FileSystemLoader(TEMPLATES)
    app.jinja_loader = ChoiceLoader([own, PrefixLoader({"panel": usual}), usual])
    app.register_blueprint(blueprint)
    ACTIONS[ACTION] = _l("Mail server of the demo switched")
    PLACES.update({f"server:{name}": _l("Server %(name)s", name=TITLES[name]) for name in SERVERS})


@blueprint.app_context_processor
def demo_context() -> dict[str, object]:
    """What the strip and the sign-in page need."""
    actor = present_actor()
    may_switch = actor is not None and actor.may(Permission.CHANGE_SETTINGS)
    return {
        "instance_environment": _("Demo"),
        "demo_servers": servers(_place()) if may_switch else (),
        "demo_people": PEOPLE,
        "demo_password": _place().password if actor is None else "",
    }


@blueprint.get("")
@allows(Permission.CHANGE_SETTINGS)
def index() -> str:
    """The servers, what they got last, and what there is to watch."""
    return render_template("demo/index.html", password=_place().password)


@blueprint.post("/servers/<name>/activation")
@allows(Permission.CHANGE_SETTINGS)
def update(name: str) -> Response:
    """Switches a server on or off, for everybody who looks at the demo."""
    if name not in SERVERS:
        abort(404)
    chosen, is_on = drawer(_place(), name), request.form.get("active") == "1"
    was_on = chosen.is_on
    if was_on != is_on:
        session, actor = current_session(), current_actor()
        record(
            session,
            actor,
            action=ACTION,
            subject=f"server:{name}",
            before={"is_active": was_on},
            after={"is_active": is_on},
            now=datetime.now(UTC),
        )
        session.commit()
        chosen.turn(on=is_on)
        flash(_words(TITLES[name], is_on=is_on), "success")
    return redirect(own_path(request.form.get("next")) or address_of("demo.index"), code=303)


def _words(name: str, *, is_on: bool) -> str:
    if is_on:
        text = _l("The server %(name)s is on again. Within a minute one mail tries it.", name=name)
        return str(text)
    return str(_l("The server %(name)s is off. The next mail goes to the other one.", name=name))


def _place() -> Place:
    place: Place = current_app.extensions[EXTENSION]
    return place
