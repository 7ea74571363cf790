r"""Markdown (a runbook) → Slack's mrkdwn, as texts that each fit into a section.

Written for what runbooks hold: headings, paragraphs, emphasis, code, links, nested lists, quotes, fences, tables (shown as text).
HTML in the Markdown is shown as it stands. A `markdown` block would be shorter, but how it treats `<` is nowhere specified, and a
runbook carries names from a sick program: here everything passes through `escape`.

    >>> mrkdwn("## Meaning\n\nIt **leaks**: see [docs](https://go.dev) and `a && b`.")
    ('*Meaning*\nIt *leaks*: see <https://go.dev|docs> and `a &amp;&amp; b`.',)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.render.prose import one_line, printable
from bot.render.slack.budget import MAX_LINE, MAX_SECTION, Part, clip, fence, packed
from bot.render.slack.escape import code, escape, link, words

FENCE_LINES = 40
_EMPHASIS = {"strong_open": "*", "strong_close": "*", "em_open": "_", "em_close": "_", "s_open": "~", "s_close": "~"}


def mrkdwn(markdown: str) -> tuple[str, ...]:
    """Return a Markdown document as texts for sections, in order; every heading begins a new one."""
    tokens = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).parse(printable(markdown))
    return packed(_Walk().parts(tokens), MAX_SECTION)


@dataclass(slots=True)
class _Walk:
    """Where in the document the walk is: the open lists (next number, None for bullets), quotes, and the table being read."""

    lists: list[int | None] = field(default_factory=list)
    quotes: int = 0
    lead: str = ""
    heading: bool = False
    rows: list[list[str]] | None = None

    def parts(self, tokens: Sequence[Token]) -> Iterator[Part]:
        for token in tokens:
            match token.type:
                case "inline" if self.rows is not None:
                    self.rows[-1].append(one_line(token.content))
                case "inline":
                    yield self._text(token)
                case "fence" | "code_block":
                    yield from _fences(token.content)
                case "hr":
                    yield Part("———")
                case "table_close":
                    yield from _fences(_table(self.rows or []))
                    self.rows = None
                case _:
                    self._move(token)

    def _move(self, token: Token) -> None:
        """Note that a list, item, quote, heading or table begins or ends."""
        match token.type:
            case "bullet_list_open":
                self.lists.append(None)
            case "ordered_list_open":
                self.lists.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                self.lists.pop()
            case "list_item_open":
                self.lead = self._bullet()
            case "heading_open" | "heading_close":
                self.heading = token.nesting > 0
            case "blockquote_open" | "blockquote_close":
                self.quotes += token.nesting
            case "table_open":
                self.rows = []
            case "tr_open" if self.rows is not None:
                self.rows.append([])

    def _bullet(self) -> str:
        """Return the bullet or number of the item that begins, and count it."""
        number = self.lists[-1]
        if number is None:
            return "• "
        self.lists[-1] = number + 1
        return f"{number}. "

    def _text(self, token: Token) -> Part:
        """Return one paragraph, heading or item behind its indent, bullet or quote mark."""
        children = token.children or []
        if self.heading:
            plain = "".join(_inline([child for child in children if child.type not in _EMPHASIS]))
            return Part(clip(f"*{clip(plain, MAX_LINE)}*", MAX_SECTION), before="")
        indent = "    " * (len(self.lists) - 1) + (self.lead or "  ") if self.lists else ""
        self.lead = ""
        text = ("> " if self.quotes else "") + indent + "".join(_inline(children))
        return Part(clip(text, MAX_SECTION), before="\n" if self.lists else "\n\n")


def _inline(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield the mrkdwn of a line's pieces."""
    href, label = "", ""
    for token in tokens:
        match token.type:
            case "link_open":
                href, label = str(token.attrGet("href") or ""), ""
            case "link_close":
                yield link(href, escape(label)) if label else escape(href)
                href = ""
            case "text" | "code_inline" | "image" if href:
                label += token.content.replace("|", "/")
            case "code_inline":
                yield code(token.content)
            case "softbreak" | "hardbreak":
                yield "\n" if token.type == "hardbreak" else " "
            case "text" | "image":
                yield words(token.content)
            case kind if not href:
                yield _EMPHASIS.get(kind, "")


def _fences(content: str) -> Iterator[Part]:
    """Yield a code block as fences of a section each."""
    lines = printable(content).strip("\n").splitlines()
    while lines:
        shown = fence("\n".join(lines), lines=FENCE_LINES)
        if shown.text:
            yield Part(shown.text)
        lines = lines[len(lines) - shown.dropped :] if shown.dropped else []


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Return a table as text in columns."""
    columns = max((len(row) for row in rows), default=0)
    widths = [max((len(row[column]) for row in rows if column < len(row)), default=0) for column in range(columns)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows)
