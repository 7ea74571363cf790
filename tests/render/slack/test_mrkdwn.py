from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render.slack.budget import MAX_SECTION, length
from bot.render.slack.mrkdwn import mrkdwn


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("## Meaning\n\ntext", "*Meaning*\ntext"),
        ("a **b** *c* ~~d~~ `e & f`", "a *b* _c_ ~d~ `e &amp; f`"),
        ("one\n\ntwo", "one\n\ntwo"),
        ("soft\nbreak", "soft break"),
        ("- a\n- b\n  - c\n\n    more", "• a\n• b\n    • c\n      more"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("> said", "> said"),
        ("[docs](https://go.dev/a?b&c)", "<https://go.dev/a?b&amp;c|docs>"),
        ("<https://go.dev>", "<https://go.dev|https://go.dev>"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("![graph](https://x.example/y.png)", "graph"),
        ("<!channel> <b>x</b>", "&lt;!channel&gt; &lt;b&gt;x&lt;/b&gt;"),
        ("shop.(\\*Pool).fetch", "`shop.(*Pool).fetch`"),
        ("```sh\ncurl <x> && y\n```", "```\ncurl &lt;x&gt; &amp;&amp; y\n```"),
        ("    indented", "```\n    indented\n```".replace("    ", "")),
        ("| a | b |\n|---|---|\n| 1 | `two` |", "```\na  b\n1  `two`\n```"),
        ("before\n\n---\n\nafter", "before\n———\n\nafter"),
        ("# of `shop.(*Pool)` **bold**", "*of `shop.(*Pool)` bold*"),
    ],
)
def test_conversion(markdown: str, shown: str) -> None:
    assert mrkdwn(markdown) == (shown,)


def test_every_heading_begins_a_section() -> None:
    assert mrkdwn("# A\n\na\n\n# B\n\nb") == ("*A*\na", "*B*\nb")


def test_a_long_listing_becomes_several_fences_and_loses_no_line() -> None:
    lines = [f"line {number} " + "x" * 60 for number in range(130)]
    shown = mrkdwn("```\n" + "\n".join(lines) + "\n```")
    assert len(shown) > 3
    assert [line for text in shown for line in text.split("\n") if line != "```"] == lines


@given(
    st.lists(
        st.sampled_from(
            ["# ", "- ", "1. ", "> ", "```", "`", "**", "_", "|", "\n", "\n\n", "<!channel>", "&", "[x](", ")", "a b", " " * 4]
        )
    )
)
def test_any_markdown_becomes_valid_texts(pieces: list[str]) -> None:
    for text in mrkdwn("".join(pieces)):
        assert 0 < length(text) <= MAX_SECTION
        assert text.count("```") % 2 == 0
        assert "<!" not in text


def test_blank_lines_in_a_listing_do_not_stop_the_walk() -> None:
    assert mrkdwn("```\na\n" + "  \n" * 100 + "b\n```")[-1].endswith("b\n```")
