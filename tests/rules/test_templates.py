"""Templates keep to the content security policy and leave escaping switched on."""

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
NAMES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)"),
    "an inline style": re.compile(r"<style|\sstyle="),
    "a handler in an attribute": re.compile(r"\son[a-z]+=|\shx-on"),
    "code in an attribute": re.compile(r"""["']\s*(js|javascript):"""),
    "a trigger filter, which htmx would evaluate": re.compile(r'hx-trigger="[^"]*\['),
    "escaping switched off": re.compile(r"\|\s*safe\b|{%-?\s*autoescape"),
    "a foreign address": re.compile(r"""(src|href|action)=["']?(https?:)?//"""),
}


@pytest.mark.parametrize("name", NAMES)
def test_template_holds_nothing_that_the_policy_forbids(name):
    text = (TEMPLATES / name).read_text("utf-8")

    found = [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]

    assert found == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<script>alert(1)</script>", "an inline script"),
        ('<p style="color: red">', "an inline style"),
        ('<a onclick="go()">', "a handler in an attribute"),
        ("{{ body | safe }}", "escaping switched off"),
        ('<script src="//cdn.example/x.js"></script>', "a foreign address"),
        ('<div hx-trigger="every 2s [visible]">', "a trigger filter, which htmx would evaluate"),
    ],
)
def test_rules_see_what_they_are_for(text, what):
    assert FORBIDDEN[what].search(text)
