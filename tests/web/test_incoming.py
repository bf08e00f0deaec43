"""NUL in addresses and forms: found nowhere, refused by fields, and never a fault."""

import pytest
from werkzeug.routing import Rule

from panel.web.incoming import SUBSTITUTE

FIELDS = (
    "query", "status", "provider_id", "since", "until", "before", "after", "state", "stream",
    "recipient", "partner", "from", "who", "what", "object", "address", "text", "preset", "type",
    "driver", "next", "search",
)  # fmt: skip
"""Every field that an address may have on some page."""


def looked_at(app) -> list[Rule]:
    """Every route that can be read, of the pages and of the API."""
    return [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]


def path_of(rule: Rule, value: str) -> str:
    """A path to the route with that value in each place that takes any text."""
    path = rule.rule
    for name in rule.arguments:
        number = f"<int:{name}>"
        path = path.replace(number, "1").replace(f"<path:{name}>", value)
        path = path.replace(f"<{name}>", value)
    return path


def test_no_path_with_a_nul_is_a_fault(app, sign_in):
    operator = sign_in()

    for rule in looked_at(app):
        path = path_of(rule, "a%00b")
        if "%00" in path:
            assert operator.get(path).status_code in (401, 404), path


def test_no_address_with_a_nul_is_a_fault(app, sign_in):
    operator = sign_in()
    query = "&".join(f"{name}=a%00b" for name in FIELDS)

    for rule in looked_at(app):
        answer = operator.get(f"{path_of(rule, '1')}?{query}")
        assert answer.status_code != 500, rule.rule


@pytest.mark.parametrize(
    "path", ["/mailing-log?query=a%00b", "/queue?recipient=a%00b", "/audit?object=a%00b"]
)
def test_filter_with_a_nul_finds_nothing(path, sign_in):
    assert sign_in().get(path).status_code == 200


def test_no_form_with_a_nul_is_a_fault(app, sign_in):
    operator = sign_in()
    fields = {
        "email", "password", "name", "reason", "note", "choice", "code", "to", "document", "host",
        "username", "from_email", "domains", "ids", "all", "order", "override_reason", "language",
        "new_password", "current_password", *FIELDS,
    }  # fmt: skip
    posted = dict.fromkeys(fields, "a\0b")

    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and rule.endpoint != "sign_in.destroy":
            answer = operator.post(path_of(rule, "1"), data=posted)
            assert answer.status_code != 500, rule.rule


def test_field_with_a_nul_is_read_as_one_with_a_control_character(app):
    with app.test_request_context("/?query=a%00b", data={"name": "\0"}, method="POST") as context:
        assert context.request.args["query"] == f"a{SUBSTITUTE}b"
        assert context.request.form["name"] == SUBSTITUTE
