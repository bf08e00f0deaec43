"""Templates: what is put in stays a text, and what is no template is refused."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from panel.drivers.http.template import filled, read_template, words_of

WORDS = frozenset({"subject", "text"})
GROUPS = {"to": frozenset({"email", "name"}), "file": frozenset({"name"})}
TEXTS = {"subject": "Hello", "text": ""}
TO = [{"to.email": "a@b.test", "to.name": "A"}, {"to.email": "c@d.test", "to.name": ""}]
EVIL = '", "admin": true, "x": "{{secret}}\\u0000\r\n{{text}}'


def made(text, texts=TEXTS, **groups):
    template = read_template(text, words=WORDS, groups=GROUPS)
    return filled(template, texts, {"to": TO, "file": []} | groups)


def test_placeholders_are_replaced_in_values_alone_and_among_words():
    assert made('{"a": "{{subject}}", "b": ["x {{subject}}!"], "c": 1, "d": null}') == {
        "a": "Hello",
        "b": ["x Hello!"],
        "c": 1,
        "d": None,
    }


def test_single_element_is_repeated_for_its_group():
    assert made('{"p": [{"to": [{"mail": "{{to.email}}", "name": "{{to.name}}"}]}]}') == {
        "p": [{"to": [{"mail": "a@b.test", "name": "A"}, {"mail": "c@d.test"}]}]
    }
    assert made('{"to": ["{{to.email}}"]}') == {"to": ["a@b.test", "c@d.test"]}


def test_what_comes_out_empty_is_left_out():
    assert made(
        '{"t": "{{text}}", "f": ["{{file.name}}"], "u": "({{text}})", "e": [], "s": ""}'
    ) == {
        "u": "()",
        "e": [],
        "s": "",
    }


@settings(max_examples=60, deadline=None)
@given(text=some.one_of(some.just(EVIL), some.text(min_size=1, max_size=60)))
def test_text_of_a_mail_stays_that_text(text):
    value = made('{"a": "{{subject}}", "b": "<{{subject}}>"}', {"subject": text, "text": "no"})

    assert value == {"a": text, "b": f"<{text}>"}
    assert json.loads(json.dumps(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '"{{subject}}"',
        '{"a": {{subject}}}',
        '{"a": NaN}',
        '{"a": "{{unknown}}"}',
        '{"a": "{{ subject }}"}',
        '{"a": "{{subject|upper}}"}',
        '{"a": "{{subject.__class__}}"}',
        '{"a": "{{{{subject}}}}"}',
        '{"a": "{{subject"}',
        '{"{{subject}}": 1}',
        '{"a": "{{to.email}}"}',
        '{"a": ["{{to.email}}", "b"]}',
        '{"a": ["{{to.email}}{{file.name}}"]}',
        '{"a": ["{{to.size}}"]}',
        '{"a": ' * 30 + "1" + "}" * 30,
        "[" * 100_000,
    ],
)
def test_anything_else_is_no_template(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the form has words of its own
        read_template(text, words=WORDS, groups=GROUPS)


def test_words_of_a_template():
    assert words_of({"a": ["x {{subject}} {{text}}"], "b": {"c": "{{to.name}}"}}) == {
        "subject",
        "text",
        "to.name",
    }
