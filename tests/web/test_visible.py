"""Text of strangers, made harmless to read."""

import pytest

from panel.web.visible import header_lines, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, Übung, 日本", "plain text, Übung, 日本"),
        ("a\r\nb\tc", "a⟨U+000D⟩⟨U+000A⟩b⟨U+0009⟩c"),
        ("\x1b[2J\x7f\x9b", "⟨U+001B⟩[2J⟨U+007F⟩⟨U+009B⟩"),
        ("moc.\u202eexe", "moc.⟨U+202E⟩exe"),
        ("zero\u200bwidth\ufeff", "zero⟨U+200B⟩width⟨U+FEFF⟩"),
        ("half \ud800", "half ⟨U+D800⟩"),
    ],
)
def test_what_cannot_be_seen_is_named(text, shown):
    assert visible(text) == shown


def test_header_section_is_shown_line_by_line():
    assert header_lines(b"A: \xe2\x82\xac\r\nB: \xff\n\r\n") == ["A: €", "B: \\xff⟨U+000A⟩"]
