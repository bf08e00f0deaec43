"""Every route with every role, compared with one table."""

from collections.abc import Set as AbstractSet

import pytest
from flask import Flask
from werkzeug.routing import Rule

from panel.domain.permission import Permission, Role
from panel.web.access import Entrance, allows, entrance, own_path, public

NOBODY, OPERATOR, SUPPORT, PARTNER = (
    "signed out",
    Role.OPERATOR,
    Role.SUPPORT,
    Role.PARTNER_ADMIN,
)
EVERYBODY: frozenset[str] = frozenset({NOBODY, OPERATOR, SUPPORT, PARTNER})
SIGNED_IN = EVERYBODY - {NOBODY}
HOUSE = {OPERATOR, SUPPORT}
TAB = {OPERATOR, PARTNER}

MAY_ENTER: dict[str, AbstractSet[str]] = {
    "GET /": HOUSE,
    "GET /account": SIGNED_IN,
    "POST /account/language": EVERYBODY,
    "POST /account/password": SIGNED_IN,
    "POST /account/sessions/deletions": SIGNED_IN,
    "GET /audit": {OPERATOR},
    "GET /healthz": EVERYBODY,
    "GET /mailing-log": SIGNED_IN,
    "GET /mailing-log.csv": SIGNED_IN,
    "GET /messages/<id>": SIGNED_IN,
    "GET /messages/<id>/content": SIGNED_IN,
    "GET /messages/<id>/content/html": SIGNED_IN,
    "GET /messages/<id>/deliveries/<int:delivery_id>/talks/<int:number>": SIGNED_IN,
    "POST /messages/<id>/decisions": SIGNED_IN,
    "POST /messages/<id>/resends": SIGNED_IN,
    "GET /metrics": EVERYBODY,
    "GET /providers": {OPERATOR},
    "POST /providers": {OPERATOR},
    "GET /providers/<int:id>": {OPERATOR},
    "POST /providers/<int:id>": {OPERATOR},
    "POST /providers/<int:id>/activation": {OPERATOR},
    "GET /providers/<int:id>/changes": {OPERATOR},
    "POST /providers/<int:id>/connection-tests": {OPERATOR},
    "POST /providers/<int:id>/deletion": {OPERATOR},
    "POST /providers/connection-tests": {OPERATOR},
    "POST /providers/<int:id>/duplicates": {OPERATOR},
    "GET /providers/export": {OPERATOR},
    "GET /providers/import": {OPERATOR},
    "POST /providers/import": {OPERATOR},
    "POST /providers/import/previews": {OPERATOR},
    "GET /providers/new": {OPERATOR},
    "GET /providers/catalogue": {OPERATOR},
    "GET /providers/proposals": {OPERATOR},
    "POST /providers/drafts": {OPERATOR},
    "GET /providers/<int:id>/deletion": {OPERATOR},
    "GET /providers/<int:id>/test-emails": {OPERATOR},
    "POST /providers/<int:id>/test-emails": {OPERATOR},
    "POST /providers/<int:id>/confirmations": {OPERATOR},
    "POST /providers/order": {OPERATOR},
    "GET /partners": {OPERATOR},
    "POST /partners": {OPERATOR},
    "GET /partners/<slug>": {OPERATOR},
    "POST /partners/<slug>": {OPERATOR},
    "POST /partners/<slug>/activation": {OPERATOR},
    "GET /partners/<slug>/applications": {OPERATOR},
    "POST /partners/<slug>/applications": {OPERATOR},
    "POST /partners/<slug>/applications/<int:id>/revocation": {OPERATOR},
    "GET /partners/<slug>/deletion": {OPERATOR},
    "POST /partners/<slug>/deletion": {OPERATOR},
    "GET /partners/<slug>/smtp": TAB,
    "POST /partners/<slug>/smtp": TAB,
    "POST /partners/<slug>/smtp/activation": TAB,
    "POST /partners/<slug>/smtp/confirmations": TAB,
    "POST /partners/<slug>/smtp/connection-tests": TAB,
    "POST /partners/<slug>/smtp/deletion": TAB,
    "POST /partners/<slug>/smtp/take-over": {OPERATOR},
    "GET /partners/<slug>/smtp/test-emails": TAB,
    "POST /partners/<slug>/smtp/test-emails": TAB,
    "GET /partners/<slug>/users": {OPERATOR},
    "POST /partners/<slug>/users": {OPERATOR},
    "POST /partners/<slug>/users/<int:id>/activation": {OPERATOR},
    "POST /partners/<slug>/users/<int:id>/deletion": {OPERATOR},
    "POST /partners/<slug>/users/<int:id>/links": {OPERATOR},
    "GET /queue": SIGNED_IN,
    "POST /queue/cancellations": SIGNED_IN,
    "POST /queue/decisions": SIGNED_IN,
    "POST /queue/deletions": SIGNED_IN,
    "POST /queue/holds": SIGNED_IN,
    "GET /queue/jobs": SIGNED_IN,
    "GET /queue/jobs/<int:id>": SIGNED_IN,
    "POST /queue/jobs/<int:id>/stops": SIGNED_IN,
    "GET /queue/matches": SIGNED_IN,
    "POST /queue/releases": SIGNED_IN,
    "POST /queue/retries": SIGNED_IN,
    "GET /readyz": EVERYBODY,
    "GET /routes": HOUSE,
    "GET /routes/drills": HOUSE,
    "POST /routes/drills": {OPERATOR},
    "GET /routes/drills/<int:id>": HOUSE,
    "GET /set-up/<token>": EVERYBODY,
    "POST /set-up/<token>": EVERYBODY,
    "GET /settings": {OPERATOR},
    "GET /settings/retention": {OPERATOR},
    "POST /settings/retention": {OPERATOR},
    "POST /settings/retention/previews": {OPERATOR},
    "GET /settings/sending": {OPERATOR},
    "POST /settings/sending": {OPERATOR},
    "GET /sign-in": EVERYBODY,
    "POST /sign-in": EVERYBODY,
    "POST /sign-out": SIGNED_IN,
    "GET /static/<path:filename>": EVERYBODY,
    "GET /traffic": HOUSE,
}
API_WITHOUT_TOKEN = {"GET /api/v1/openapi.json"}
"""What programs may read before they have a token; all else of the API is 401 without one."""
REFUSED: dict[object, int] = {NOBODY: 303, SUPPORT: 403, PARTNER: 404, (PARTNER, "GET /"): 303}
"""How a visitor is turned away; who has no overview is led to the queue instead."""
ENTERED = "the bell of this room"


def routes(app: Flask, *, of_the_api: bool = False) -> dict[str, Rule]:
    """Every method of every route, by the name that the table has for it."""
    return {
        f"{method} {rule.rule}": rule
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if rule.endpoint.startswith("api.") is of_the_api
    }


def address(rule: Rule) -> str:
    """A path that leads to the route; the numbers and words in it stand for anything."""
    values = dict.fromkeys(rule.arguments, "1")
    built = rule.build(values, append_unknown=False)
    assert built
    return built[1]


def put_a_bell_into_every_view(app: Flask) -> None:
    """What lies behind the guard is not asked here: each view says only that it was reached."""
    for endpoint in app.view_functions:

        def bell(**_values: object) -> str:
            return ENTERED

        bell._entrance = entrance(endpoint)  # type: ignore[attr-defined]
        app.view_functions[endpoint] = bell


@pytest.fixture
def visitors(app, sign_in):
    """A browser for each kind of visitor."""
    browsers = {role: sign_in(role) for role in (OPERATOR, SUPPORT, PARTNER)}
    return {NOBODY: app.test_client(), **browsers}


def test_table_knows_every_route_and_no_other(app):
    assert set(routes(app)) == set(MAY_ENTER)


def test_every_view_is_marked(app):
    assert [name for name in app.view_functions if not _is_marked(app, name)] == []


def _is_marked(app: Flask, endpoint: str) -> bool:
    with app.app_context():
        return endpoint.startswith("api.") or isinstance(entrance(endpoint), Entrance)


def test_each_visitor_enters_exactly_the_rooms_of_the_table(app, visitors):
    with app.app_context():
        put_a_bell_into_every_view(app)

    entered: dict[str, set[str]] = {name: set() for name in MAY_ENTER}
    for name, rule in routes(app).items():
        for who, browser in visitors.items():
            answer = browser.open(address(rule), method=name.split(" ")[0])
            if answer.text == ENTERED:
                entered[name].add(who)
            else:
                expected = REFUSED.get((who, name), REFUSED[who])
                assert answer.status_code == expected, f"{who}: {name}"

    assert entered == MAY_ENTER


def test_who_has_no_overview_starts_at_the_queue(sign_in):
    answer = sign_in(PARTNER).get("/")

    assert (answer.status_code, answer.location) == (303, "/queue")


def test_api_is_shut_without_a_token(app, client, sign_in):
    open_to_all = set()
    for name, rule in routes(app, of_the_api=True).items():
        for browser in (client, sign_in(OPERATOR)):
            answer = browser.open(address(rule), method=name.split(" ")[0])
            if answer.status_code != 401:
                open_to_all.add(name)

    assert open_to_all == API_WITHOUT_TOKEN


def test_view_without_a_mark_is_shut_even_to_an_operator(app, sign_in):
    app.add_url_rule("/unmarked", "unmarked", lambda: ENTERED)

    assert sign_in(OPERATOR).get("/unmarked").status_code == 403
    assert app.test_client().get("/unmarked").status_code == 403


def test_view_cannot_be_marked_twice():
    with pytest.raises(TypeError):
        public(allows(Permission.OWN_ACCOUNT)(lambda: ""))


def test_signed_out_visitor_comes_back_to_the_page_after_signing_in(client):
    answer = client.get("/account?tab=2")

    assert answer.location == "/sign-in?next=%2Faccount%3Ftab%3D2"


def test_signed_out_change_leads_to_sign_in_without_a_way_back(client):
    assert client.post("/account/password").location == "/sign-in"


def test_htmx_is_told_where_to_sign_in(client):
    answer = client.get(
        "/account",
        headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/queue?status=held"},
    )

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in?next=%2Fqueue%3Fstatus%3Dheld"


def test_program_is_told_by_json_that_it_must_sign_in(client):
    answer = client.get("/account", headers={"Accept": "application/json"})

    assert answer.status_code == 401
    assert answer.json["status"] == 401


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.test/",
        "//elsewhere.test/",
        "/\\elsewhere.test",
        "/\t/elsewhere.test",
        "javascript:alert(1)",
        "account",
        "",
        None,
    ],
)
def test_way_back_leads_to_own_pages_only(target):
    assert own_path(target) is None


def test_way_back_may_be_a_path_with_a_query():
    assert own_path("/queue?status=held") == "/queue?status=held"
