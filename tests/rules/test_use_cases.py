"""Every use case asks first whether the actor may; who does not has a reason in the list here."""

import ast

from tests.rules.sources import ROOT, tree

DOORS = (["session", "actor"], ["desk", "actor"])
ASKED_ELSEWHERE = {
    "audit.record": "writes what a use case has already allowed",
    "audit.record_change": "the same",
    "cancellations.cancel_message": "begins with find_message, which asks",
    "house.describe_house": "the frame of every page, for anybody",
    "house.standing_warnings": "asks, and shows nothing instead of refusing",
    "partner_tests.allow_try": "a step of the use cases of the SMTP tab",
    "partners.the_partner": "a step of the partner use cases",
    "provider_lists.held": "a step of the provider use cases",
    "provider_lists.present": "a step of the provider use cases",
}


def use_cases(module: ast.Module) -> list[ast.FunctionDef]:
    """Public functions that take a session, or the desk for mail, and an actor first."""
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    return [
        node
        for node in functions
        if [argument.arg for argument in node.args.args[:2]] in DOORS
        and not node.name.startswith("_")
    ]


def asks(function: ast.FunctionDef) -> bool:
    """Whether `authorise(actor, …)` stands in it as a statement of its own."""
    statements = [node.value for node in function.body if isinstance(node, ast.Expr)]
    calls = [node for node in statements if isinstance(node, ast.Call)]
    return any(ast.unparse(call).startswith("authorise(actor, Permission.") for call in calls)


def test_every_use_case_asks_whether_the_actor_may():
    unasked = {
        f"{path.stem}.{function.name}"
        for path in (ROOT / "panel/services").rglob("*.py")
        for function in use_cases(tree(path))
        if not asks(function)
    }

    assert unasked == set(ASKED_ELSEWHERE)


def test_rule_sees_a_use_case_that_does_not_ask():
    source = "def change(session, actor, *, x):\n    if x:\n        authorise(actor, Permission.A)"
    (function,) = use_cases(ast.parse(source))

    assert not asks(function)
