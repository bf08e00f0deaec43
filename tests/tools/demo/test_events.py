"""The events of the demo's past: every reason that a provider can give is among them."""

from panel.domain.http_rules import HTTP_RULES
from panel.domain.smtp_outcomes import RULES
from tools.demo.events import API, BROKEN, SAID

NEVER_LAST_WORD = {
    "goodbye_failed": "comes after the answer that decides",
    "lease_lost": "the attempt is taken off the log",
    "no_route": "nobody was asked",
    "reset_refused": "the same mail goes on over a new connection",
    "reused_connection_closed": "the same mail goes on over a new connection",
}
USUAL = {"accepted", "api_accepted"}


def test_each_row_of_the_outcome_tables_has_an_event():
    events = [event.outcome.rule for event in (*BROKEN, *SAID, *API)]
    rules = {rule.name for rule in RULES} | {rule.name for rule in HTTP_RULES}

    assert sorted(events) == sorted(rules - set(NEVER_LAST_WORD) - USUAL)


def test_an_ordinary_panel_knows_nothing_of_a_demo(app):
    assert not [rule for rule in app.url_map.iter_rules() if "demo" in rule.rule]
    assert "demo" not in app.blueprints
