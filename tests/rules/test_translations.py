"""Every text that the program can show is there in every language, whole and certain."""

import ast
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from tests.rules.sources import failing, files, relative, tree
from tools.translations import (
    LANGUAGES,
    catalog_path,
    compile_all,
    read_catalog,
    source_catalog,
    update,
)

MARKS = {"_", "_l", "N_", "gettext", "lazy_gettext", "ngettext"}
FILL = ('msgid "From a page"\nmsgstr ""', 'msgid "From a page"\nmsgstr "Sayfadan"')


def is_translated(message: Message | None) -> bool:
    """Whether a message has all its forms and is not marked as a guess."""
    if message is None or message.fuzzy:
        return False
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str):
    catalog = read_catalog(language)
    texts = [message for message in source_catalog() if message.id]

    missing = [
        text.id for text in texts if not is_translated(catalog.get(text.id, context=text.context))
    ]

    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_survive_the_translation(language: str):
    faults = [(message.id, str(errors[0])) for message, errors in read_catalog(language).check()]

    assert faults == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_holds_no_text_that_is_gone(language: str):
    source = source_catalog()
    held = [message for message in read_catalog(language) if message.id]

    assert [text.id for text in held if source.get(text.id, context=text.context) is None] == []


def hidden_texts(module: ast.Module) -> list[str]:
    """Texts within an f-string, where the extractor of Python 3.11 does not see them."""
    return [
        ast.unparse(node)
        for text in ast.walk(module)
        if isinstance(text, ast.JoinedStr)
        for node in ast.walk(text)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in MARKS
    ]


def test_no_text_hides_in_an_f_string():
    panel = [path for path in files(".py") if relative(path).startswith("panel/")]

    assert failing(panel, lambda path: hidden_texts(tree(path))) == {}
    assert hidden_texts(ast.parse("x = f'{y} {_(\"Hidden\")}'")) == ["_('Hidden')"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small checkout with one text in Python and two in a page."""
    (tmp_path / "panel").mkdir()
    (tmp_path / "panel" / "a.py").write_text("x = lazy_gettext('From Python')\n", "utf-8")
    (tmp_path / "templates" / "providers").mkdir(parents=True)
    page = "<p>{{ _('From a page') }}</p>{% trans %}From a block{% endtrans %}"
    (tmp_path / "templates" / "providers" / "index.html").write_text(page, "utf-8")
    return tmp_path


def test_texts_are_found_in_python_and_templates(checkout: Path):
    found = {message.id for message in source_catalog(checkout) if message.id}

    assert found == {"From Python", "From a page", "From a block"}


def test_update_keeps_translations_and_drops_texts_that_are_gone(checkout: Path):
    update(checkout)
    path = catalog_path("tr", checkout)
    path.write_text(path.read_text("utf-8").replace(*FILL), "utf-8")
    (checkout / "panel" / "a.py").write_text("", "utf-8")

    update(checkout)

    texts = {message.id: message.string for message in read_catalog("tr", checkout) if message.id}
    assert texts == {"From a page": "Sayfadan", "From a block": ""}


def test_compiled_catalogue_holds_the_translation(checkout: Path):
    update(checkout)
    path = catalog_path("tr", checkout)
    path.write_text(path.read_text("utf-8").replace(*FILL), "utf-8")

    compile_all(checkout)

    with path.with_suffix(".mo").open("rb") as file:
        assert GNUTranslations(file).gettext("From a page") == "Sayfadan"
