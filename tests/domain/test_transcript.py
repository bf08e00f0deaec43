"""Transcripts are kept within bounds and read line by line."""

from panel.domain.transcript import LONGEST_KEPT, Event, Line, kept, read


def test_lines_come_back_as_they_were_said():
    text = kept(["S: 220 here", "C: EHLO me", "-: content 1830", "-: content"])

    assert read(text) == (
        Line("S", "220 here"),
        Line("C", "EHLO me"),
        Line(None, "1830", Event.CONTENT),
        Line(None, "", Event.CONTENT),
    )


def test_long_one_loses_its_middle_and_says_so():
    lines = [f"S: {number:04} " + "x" * 400 for number in range(200)]

    text = kept(lines)

    assert len(text) <= LONGEST_KEPT
    assert text.startswith(lines[0])
    assert text.endswith(lines[-1])
    left = [line for line in read(text) if line.event is Event.CUT]
    assert [int(line.text) for line in left] == [200 - len(text.split("\n")) + 1]


def test_words_of_another_version_stand_as_they_are():
    assert read("-: sealed 7") == (Line(None, "-: sealed 7"),)
    assert read("") == ()
