"""Outcomes are explained in the reader's language."""

from flask_babel import force_locale

from panel.web.explanations import explain, reason


def test_words_are_those_of_the_reader(app):
    words = explain("unreachable")

    with app.test_request_context():
        assert str(words.cause).startswith("The server could not be reached")
        with force_locale("tr"):
            assert not str(words.cause).startswith("The server")


def test_what_has_not_ended_needs_no_words():
    assert reason("") is None
