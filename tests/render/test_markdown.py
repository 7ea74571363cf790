from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.model.diagnosis import Diagnosis, Proof
from bot.render.markdown import fence, inline, markdown

PARSER = MarkdownIt("commonmark")


def test_whole_document(leak: Diagnosis, golden: Callable[[str, str], None]) -> None:
    golden("leak.md", markdown(leak))


def test_nothing_found(healthy: Diagnosis) -> None:
    shown = markdown(healthy)
    assert shown.startswith("# Nothing wrong found in goroutine, heap and metrics of 1 instance\n")
    assert "Proof" not in shown


def test_proof_cannot_leave_its_fence(leak: Diagnosis) -> None:
    evil = "```\n# Owned\n`````\n<script>alert(1)</script>"
    shown = markdown(replace(leak, findings=(replace(leak.findings[0], proofs=(Proof("goroutine", "a", "b", evil),)),)))
    tokens = PARSER.parse(shown)
    assert next(token.content for token in tokens if token.type == "fence") == f"{evil}\n"
    assert not any(token.type == "inline" and "Owned" in token.content for token in tokens)


@given(st.text(alphabet="`~\n a#<", max_size=60))
def test_a_fence_holds_whatever_is_put_into_it(text: str) -> None:
    tokens = PARSER.parse(f"before\n\n{fence(text)}\n\nafter")
    assert [token.type for token in tokens if token.level == 0] == [
        "paragraph_open", "paragraph_close", "fence", "paragraph_open", "paragraph_close",
    ]  # fmt: skip
    assert tokens[3].content.rstrip("\n") == text.rstrip("\n")


@given(st.text(max_size=80))
def test_inline_text_holds_no_markup_but_code(text: str) -> None:
    (paragraph,) = [token for token in PARSER.parse(f"x {inline(text)} x") if token.type == "inline"]
    kinds = {child.type for child in paragraph.children or []}
    assert kinds <= {"text", "code_inline"}


@pytest.mark.parametrize("text", ["<!channel>", "![x](http://evil.example/p.png)", "[a](javascript:b)", "**b**", "&lt", "a\\*b"])
def test_markup_from_outside_is_shown_not_used(text: str) -> None:
    assert inline(text) == f"`{text}`"
