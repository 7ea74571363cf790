from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render.slack import budget
from bot.render.slack.blocks import context, section
from bot.render.slack.budget import Part, clip, clip_plain, fence, fitting, joined, length, measure, packed, sentence
from bot.render.slack.escape import inline

OUTSIDE = st.lists(
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(["<!channel>", "```", "&", "`", "*", "😀", "\ud800", "\x1b[31m", "\n", "x" * 500, "a_b "]),
    ),
    max_size=30,
).map("".join)


def test_length_counts_as_slack_clients_do() -> None:
    assert length("aé😀") == 4


@given(OUTSIDE, st.integers(10, 400))
def test_cut_text_is_still_mrkdwn(text: str, limit: int) -> None:
    whole = inline(text)
    cut = clip(whole, limit)
    assert length(cut) <= limit
    assert cut.count("`") % 2 == 0
    assert not re.search(r"&(?!amp;|lt;|gt;)", cut)
    assert "``" not in cut
    assert cut == whole or cut.endswith("…")


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("aaaa&amp;bbbb", 8, "aaaa…"),
        ("see <https://a.example|x> now", 12, "see…"),
        ("in `code here` now", 9, "in `cod`…"),
        ("abcd `efgh`", 8, "abcd…"),
        ("12345678", 8, "12345678"),
        ("😀😀😀😀😀", 8, "😀😀😀…"),
    ],
)
def test_clip_cuts_on_safe_borders(text: str, limit: int, shown: str) -> None:
    assert clip(text, limit) == shown


def test_plain_text_is_cut_to_whole_characters() -> None:
    assert clip_plain("😀😀😀", 4) == "😀…"
    assert clip_plain("abc", 3) == "abc"


@given(OUTSIDE)
def test_sentence(text: str) -> None:
    shown = sentence(text)
    assert shown.endswith((".", "!", "?", "…"))
    assert length(shown) <= budget.MAX_TEXT + 1
    assert "<" not in shown


@given(OUTSIDE, st.integers(1, 30), st.integers(20, 900))
def test_a_fence_is_closed_and_says_what_it_dropped(text: str, lines: int, limit: int) -> None:
    shown = fence(text, lines=lines, limit=limit)
    if shown.text:
        assert length(shown.text) <= limit
        assert shown.text.startswith("```\n")
        assert shown.text.endswith("\n```")
        assert shown.text.count("```") == 2
        assert len(shown.text.split("\n")) - 2 <= lines


def test_a_fence_counts_the_lines_it_dropped() -> None:
    shown = fence("\n".join(f"line {number}" for number in range(20)), lines=6)
    assert shown.text == "```\nline 0\nline 1\nline 2\nline 3\nline 4\nline 5\n```"
    assert shown.dropped == 14
    assert fence("\n\n", lines=6) == budget.Fenced("", 0)


def test_joined_lines_say_how_many_are_left() -> None:
    assert joined(["a" * 20, "b" * 20, "c" * 20], 63, rest="lines") == "\n".join([*("a" * 20, "b" * 20), "… 1 more lines"])
    assert joined(["a", "b"], 60, rest="lines") == "a\nb"


def test_parts_are_packed_by_heading_and_limit() -> None:
    parts = [
        Part("*One*", before=""),
        Part("a" * 6),
        Part("b" * 6),
        Part("*Two*", before=""),
        Part("c", before="\n\n"),
        Part("d", before="\n\n"),
    ]
    assert packed(parts, 16) == ("*One*\naaaaaa", "bbbbbb", "*Two*\nc\n\nd")


def test_blocks_that_do_not_fit_are_counted() -> None:
    small, large = section("x"), section("y" * 2_900)
    assert fitting([small] * 10) == 10
    assert fitting([small] * 60) == budget.MAX_BLOCKS - 1
    assert fitting([small] * 60, [context("z")] * 3) == budget.MAX_BLOCKS - 4
    count = fitting([large] * 10, [context("z")])
    assert count == 3
    assert measure([large] * count) <= budget.MAX_MESSAGE


STACK = "12000 goroutines [chan send]:\nruntime.gopark\n\truntime/proc.go:474\n" + "".join(
    f"a.(*Pool).{name}(0x{number})\n\tshop/pool.go:{number} +0x1c\n"
    for number, name in enumerate(["f.func1", "g", "f", "f", "h"], 80)
)


def test_a_frame_is_shown_wherever_it_stands() -> None:
    shown = fence(STACK, lines=6, frame=("a.(*Pool).f", "shop/pool.go:83"))
    assert shown.text == (
        "```\n12000 goroutines [chan send]:\nruntime.gopark\n\truntime/proc.go:474\n…\n"
        "a.(*Pool).f(0x83)\n\tshop/pool.go:83 +0x1c\n```"
    )
    assert shown.dropped == 8
    assert fence(STACK, lines=6, frame=("a.(*Pool).f.func1", "shop/pool.go:80")) == fence(STACK, lines=6)
    assert fence(STACK, lines=6, frame=("b.other", "b.go:1")) == fence(STACK, lines=6)


@given(OUTSIDE, OUTSIDE, st.integers(4, 30), st.integers(60, 900))
def test_a_fence_with_a_frame_keeps_its_limits(text: str, frame: str, lines: int, limit: int) -> None:
    shown = fence(f"{text}\n{text}\n{text}\n{frame}\nx.go:1", lines=lines, limit=limit, frame=(frame[:9], "x.go:1"))
    if shown.text:
        assert length(shown.text) <= limit
        assert shown.text.count("```") == 2
        assert len(shown.text.split("\n")) - 2 <= lines
