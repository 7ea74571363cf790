from __future__ import annotations

from io import BytesIO

import pytest

from bot.parse.log import parse_log


def last_words(text: str) -> list[str]:
    return [event.text for event in parse_log(BytesIO(text.encode())).events if event.ends_log]


@pytest.mark.parametrize("ending", ["", "\n", "\n\n  \n"])
def test_the_message_of_the_last_line_ends_the_log(ending: str) -> None:
    assert last_words("2026/11/20 23:03:37 ready\n2026/11/20 23:03:38 cannot bind 8080" + ending) == ["cannot bind #"]


def test_a_message_that_comes_again_at_the_end_ends_the_log() -> None:
    assert last_words("tick 1\nready\ntick 2\n") == ["tick #"]


def test_a_log_that_ends_in_a_stack_has_no_last_words() -> None:
    assert last_words("ready\npanic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:4 +0x1d\n") == []


def test_the_last_words_of_a_long_log_are_found() -> None:
    assert last_words("".join(f"served {number} in time\n" for number in range(200_000)) + "giving up\n") == ["giving up"]


def test_an_empty_log_has_no_last_words() -> None:
    assert last_words("\n\n") == []
