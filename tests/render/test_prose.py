from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render.prose import Span, marks, one_line, printable, spans

STARS = marks("*_")


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("a\r\nb", "a\nb"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07shell", "shell"),
        ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("bell\x07 back\x08", "bell� back�"),
        ("right\u202eto left", "right�to left"),
        ("half \ud83d", "half �"),
        ("whole \U0001f600", "whole \U0001f600"),
    ],
)
def test_printable(given_text: str, shown: str) -> None:
    assert printable(given_text) == shown


@given(st.text())
def test_printable_text_controls_no_terminal(text: str) -> None:
    shown = printable(text)
    assert all(character in "\t\n" or (ord(character) >= 32 and not 0x7F <= ord(character) <= 0x9F) for character in shown)
    assert shown.encode().decode() == shown
    assert printable(shown) == shown


def test_one_line() -> None:
    assert one_line(" a\n\tb  c ") == "a b c"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("in shop.(*Pool).fetch now", "in [shop.(*Pool).fetch] now"),
        ("at (pool_test.go:88), twice", "at ([pool_test.go:88]), twice"),
        ("called (*Pool).fetch()", "called [(*Pool).fetch()]"),
        ("both (shop.(*Pool).fetch)", "both ([shop.(*Pool).fetch])"),
        ("run `go  test ./...`.", "run [go  test ./...]."),
        ("one ` alone", "one ' alone"),
        ("*", "[*]"),
        ("", ""),
    ],
)
def test_words_with_markup_become_code(text: str, shown: str) -> None:
    assert "".join(f"[{span.text}]" if span.code else span.text for span in spans(text, STARS)) == shown


@given(st.text(alphabet="ab *_`().,"))
def test_no_mark_stands_outside_code_and_no_letter_is_lost(text: str) -> None:
    found = spans(text, STARS)
    assert not any(STARS.search(span.text) or "`" in span.text for span in found if not span.code)
    assert [c for c in "".join(span.text for span in found) if c in "ab*_"] == [c for c in text if c in "ab*_"]
    assert Span("", code=False) not in found
