from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render.slack.escape import code, date, escape, fence_line, inline, link


@pytest.mark.parametrize(
    "text", ["<!channel>", "<!here|x>", "<@U0ONCALL>", "<#C1|general>", "<http://evil.example|Slack>", "<!date^1^x|y>"]
)
def test_nobody_is_pinged_and_nothing_is_linked(text: str) -> None:
    for shown in (escape(text), inline(text), code(text), fence_line(text)):
        assert "<" not in shown
        assert ">" not in shown


def test_only_three_characters_are_escaped() -> None:
    assert escape("a & b < c > d \" ' é") == "a &amp; b &lt; c &gt; d \" ' é"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("shop.(*Pool).fetch stuck", "`shop.(*Pool).fetch` stuck"),
        ("wait_minutes of ~all~", "`wait_minutes` of `~all~`"),
        (":fire: at 14:02:11", "`:fire`: at 14:02:11"),
        ("*bold\nover lines*", "`*bold` over `lines*`"),
        ("a `b` c` d", "a `b` c' d"),
        ("map[string]interface {}", "map[string]interface {}"),
    ],
)
def test_emphasis_from_outside_is_code(text: str, shown: str) -> None:
    assert inline(text) == shown


@given(st.text(alphabet="ab *_~`<>&\n:().", max_size=80))
def test_outside_code_no_emphasis_is_left(text: str) -> None:
    bare = re.sub(r"`[^`]*`", "", inline(text))
    assert not re.search(r"[*_~`<>\n]", bare)


def test_code_keeps_one_line_without_backticks() -> None:
    assert code("a `b`\nc") == "`a 'b' c`"
    assert code(" \n") == ""


@given(st.text(alphabet="`a", max_size=30))
def test_no_line_ends_a_fence(text: str) -> None:
    assert "```" not in fence_line(text)


def test_links_lead_to_the_web_only() -> None:
    assert link("https://git.example.com/a?b=1&c=2", "x") == "<https://git.example.com/a?b=1&amp;c=2|x>"
    for address in ("javascript:alert(1)", "https://a>b", "https://a|b", "", "https://a b", "!channel"):
        assert link(address, "x") == "x"


def test_date_has_the_readers_zone_and_utc() -> None:
    shown = date(datetime(2026, 11, 20, 14, 2, 11, tzinfo=UTC))
    assert shown == "<!date^1795183331^{date_short_pretty} {time}|2026-11-20 14:02 UTC> (14:02 UTC)"
