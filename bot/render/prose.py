r"""Outside text → text that may stand in a sentence.

What enters: log lines, panic values, function names: anything a sick program printed. What leaves: printable text, and for
the two markup languages (Markdown, Slack's mrkdwn) its division into words and code, so that no word is read as markup.

    >>> printable("bad \x1b[31mred\x1b[0m\x07")
    'bad red�'
    >>> spans("stuck in shop.(*Pool).fetch (pool.go:88)", re.compile("[*_]"))
    (Span(text='stuck in ', code=False), Span(text='shop.(*Pool).fetch', code=True), Span(text=' (pool.go:88)', code=False))
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
CODE_SPAN = re.compile(r"`[^`]+`")
_CODE_OR_WORD = re.compile(r"`([^`]+)`|(\s+)|([^\s`]+|`)")
_BRACKETED = re.compile(r"\((?:[^()]|\([^()]*\))*\)")  # one pair around the whole, with pairs inside
_TRAILING = ",.;:!?'\""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one line: words, or something to be shown as code."""

    text: str
    code: bool


def printable(text: str) -> str:
    """Drop terminal escape sequences; show other control, direction and half characters as `�`. Line ends and tabs stay."""
    return _CONTROL.sub("�", _ANSI.sub("", text.replace("\r\n", "\n")))


def one_line(text: str) -> str:
    """Return printable text with every run of white space as one space."""
    return " ".join(printable(text).split())


def spans(text: str, marks: re.Pattern[str]) -> tuple[Span, ...]:
    """Divide printable text into words and code.

    Code is what stands between backticks, and every word in which `marks` finds a character of the markup language:
    `shop.(*Pool).fetch` reads better as code than with backslashes in it, and code is never read as markup.
    A backtick without a partner becomes an apostrophe. White space is kept as it is.
    """
    found: list[Span] = []
    for code, space, word in _CODE_OR_WORD.findall(text):
        if code:
            found.append(Span(code, code=True))
        elif space or not marks.search(word):
            found.append(Span(space or word.replace("`", "'"), code=False))
        else:
            before, core, after = _core(word)
            found += [Span(before, code=False), Span(core, code=True), Span(after, code=False)]
    return _joined(found)


def _core(word: str) -> tuple[str, str, str]:
    """Split a word into opening bracket, what is worth showing as code, and closing bracket with punctuation."""
    core = word.rstrip(_TRAILING)
    opened, closed = core.count("("), core.count(")")
    wrapped = opened == closed and _BRACKETED.fullmatch(core)
    start = 1 if core.startswith("(") and (wrapped or opened > closed) else 0
    end = len(core) - 1 if core.endswith(")") and (wrapped or closed > opened) else len(core)
    return word[:start], word[start:end], word[end:]


def _joined(found: list[Span]) -> tuple[Span, ...]:
    """Join neighbours of the same sort, so that two words of code stand in one span."""
    joined: list[Span] = []
    for span in found:
        if not span.text:
            continue
        if joined and joined[-1].code == span.code:
            joined[-1] = Span(joined[-1].text + span.text, code=span.code)
        else:
            joined.append(span)
    return tuple(joined)


@cache
def marks(characters: str) -> re.Pattern[str]:
    """Return the pattern that finds any of these characters."""
    return re.compile(f"[{re.escape(characters)}]")
