r"""Masks secrets (tokens, passwords, keys, e-mail addresses, configured patterns) before anything is stored, posted or printed.

Only the secret itself is masked; what a person needs to understand the line stays:

>>> Redactor().text("dial postgres://shop:hunter2@db:5432/shop: password=hunter2")
('dial postgres://shop:[masked]@db:5432/shop: password=[masked]', 2)

A module version in a Go path is not an e-mail address:

>>> Redactor().text("/go/pkg/mod/example.com/lib@v1.2.3/lib.go:10 mail jo@example.com")
('/go/pkg/mod/example.com/lib@v1.2.3/lib.go:10 mail [masked]', 1)

JSON stays JSON, also inside of JSON:

>>> Redactor().data(b'{"automountServiceAccountToken":true,"log":"password=\\"hunter2\\"\\n"}')
(b'{"automountServiceAccountToken":true,"log":"password=\\"*******\\"\\n"}', 1)
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, BinaryIO

from bot.model.evidence import Evidence
from bot.model.facts import Facts, Row
from bot.redact.shapes import KEY_CHARS, secrets
from bot.redact.spans import NUMBER, PART, Span

MASK = "[masked]"

BLOCK_BYTES = 1 << 20
# Where a private key begins, the block goes on to its end.
KEY_BEGINS, KEY_ENDS = b"-----BEGIN", b"-----END"
GZIP_MAGIC = b"\x1f\x8b"
GUNZIP_LIMIT_BYTES = 512 * 2**20

_ASCII_LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
# What of a masked piece of JSON stays, so that it is still JSON: its structure, its keywords; numbers become other numbers.
_STRUCTURE = re.compile(r'\\"|["\s{}\[\],:]|\b(?:true|false|null)\b|(?P<number>(?<![\w*])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\w))')
_DIGITS = re.compile(r"\d")


class Redactor:
    """Masks the built-in shapes and `extra` patterns (regular expressions; a group called `secret` limits what is masked)."""

    def __init__(self, extra: Iterable[str] = ()) -> None:
        self._extra = tuple(re.compile(pattern) for pattern in extra)

    def text(self, text: str) -> tuple[str, int]:
        """Return the text with every secret replaced by `[masked]`, and how many were replaced."""
        return self._mask(text, lambda _secret: MASK)

    def line(self, line: str) -> str:
        """Return the line with every secret replaced by `[masked]`."""
        return self.text(line)[0]

    def data(self, data: bytes) -> tuple[bytes, int]:
        """Mask secrets in the bytes of a piece of evidence; gzip is opened and closed again.

        A mask has the length of the secret it replaces: the strings of a binary profile carry their lengths and stay readable.
        Of broken or bloated gzip the part that opens, up to `GUNZIP_LIMIT_BYTES`, is kept: nothing unmasked is ever returned.
        """
        if data.startswith(GZIP_MAGIC):
            opened, complete = _gunzip(data)
            masked, count = self.data(opened)
            return (data, 0) if complete and not count else (gzip.compress(masked, mtime=0), count)
        # latin-1 maps every byte to one character and back, whatever the encoding really is.
        text = data.decode("latin-1")
        masked_text, count = self._mask(text, _stars)
        return (masked_text.encode("latin-1"), count) if masked_text is not text else (data, 0)

    def evidence(self, evidence: Evidence, directory: Path) -> Evidence:
        """Return a piece of evidence with the secrets in it masked; one in a file as a new file in `directory`."""
        evidence = replace(evidence, source=self.text(evidence.source)[0])
        if isinstance(evidence.content, bytes):
            masked, count = self.data(evidence.content)
            return replace(evidence, content=masked, masked=count)
        copy = directory / evidence.name
        with evidence.content.open("rb") as source, copy.open("xb") as sink:
            return replace(evidence, content=copy, masked=self.stream(source, sink))

    def stream(self, source: BinaryIO, sink: BinaryIO) -> int:
        """Copy a piece of evidence with its secrets masked, and return how many there were. Text is never held whole.

        The same as `data`, but for secrets that stand across line ends; only private keys are long enough to do so for sure.
        """
        block = source.read(BLOCK_BYTES)
        if block.startswith(GZIP_MAGIC):
            masked, total = self.data(block + source.read())
            sink.write(masked)
            return total
        total = 0
        while block:
            block += source.readline()
            while block.rfind(KEY_BEGINS) > block.rfind(KEY_ENDS) and len(block) - block.rfind(KEY_BEGINS) < KEY_CHARS:
                line = source.readline()
                if not line:
                    break
                block += line
            masked, count = self.data(block)
            sink.write(masked)
            total += count
            block = source.read(BLOCK_BYTES)
        return total

    def facts(self, facts: Facts) -> tuple[Facts, int]:
        """Mask secrets in every text of every row; distinct texts are looked at once. Return how many were masked."""
        seen: dict[str, tuple[str, int]] = {}
        masked: dict[str, Any] = {name: tuple(self._row(row, seen) for row in rows) for name, rows in facts.tables()}
        return Facts(**masked), sum(count for _, count in seen.values())

    def _row(self, row: Row, seen: dict[str, tuple[str, int]]) -> Row:
        def once(text: str) -> str:
            if text not in seen:
                seen[text] = self.text(text)
            return seen[text][0]

        changes: dict[str, Any] = {}
        for column in fields(row):
            value = getattr(row, column.name)
            if isinstance(value, str):
                changes[column.name] = once(value)
            elif isinstance(value, tuple):
                changes[column.name] = tuple(map(once, value))
        return replace(row, **changes)

    def _mask(self, text: str, mask: Callable[[str], str]) -> tuple[str, int]:
        """Return the text with its secrets masked, and how many there were.

        A mask in the place of a secret may let what stands beside it look like one: that is masked too, and not counted.
        """
        masked, count = self._masked_once(text, mask)
        while masked != text:
            text, (masked, _) = masked, self._masked_once(masked, mask)
        return masked, count

    def _masked_once(self, text: str, mask: Callable[[str], str]) -> tuple[str, int]:
        """Return the text with its secrets masked, and how many there were. What was masked before is none."""
        pieces: list[str] = []
        done = count = 0
        for start, end, kind in _apart(sorted([*secrets(text, _lower(text)), *self._configured(text)])):
            secret = text[start:end]
            if not secret.replace(MASK, "").strip("* "):
                continue
            masked = _DIGITS.sub("9", secret) if kind == NUMBER else mask(secret)
            if masked == secret:
                continue
            pieces += text[done:start], masked
            done = end
            count += kind != PART
        return ("".join((*pieces, text[done:])), count) if pieces else (text, 0)

    def _configured(self, text: str) -> Iterator[Span]:
        for pattern in self._extra:
            group = "secret" if "secret" in pattern.groupindex else 0
            yield from (Span(*match.span(group)) for match in pattern.finditer(text) if match[group])


def _apart(spans: Iterable[Span]) -> Iterator[Span]:
    """Join spans that overlap: they are one secret, found by several of its signs."""
    last: Span | None = None
    for span in spans:
        if last and span.start < last.end:
            end = max(last.end, span.end)
            same = last.kind if last.kind == span.kind or span.end == end == last.end else ""
            last = Span(last.start, end, same)
            continue
        if last:
            yield last
        last = span
    if last:
        yield last


def _lower(text: str) -> str:
    """Return the text in lower case, with every character in its place: `İ` would become two."""
    if text.isascii():
        return text.lower()
    try:
        # Letters of ASCII are all that matter, and bytes know no others.
        return text.encode("latin-1").lower().decode("latin-1")
    except UnicodeEncodeError:
        lower = text.lower()
    return lower if len(lower) == len(text) else text.translate(_ASCII_LOWER)


def _stars(secret: str) -> str:
    """Return as many stars; of a secret that reaches over strings of JSON, the structure stays."""
    if '"' not in secret:
        return "*" * len(secret)
    masked: list[str] = []
    done = 0
    for match in _STRUCTURE.finditer(secret):
        masked += "*" * (match.start() - done), _DIGITS.sub("9", match[0])
        done = match.end()
    return "".join((*masked, "*" * (len(secret) - done)))


def _gunzip(data: bytes) -> tuple[bytes, bool]:
    """Open gzip as far as it goes; also say whether that was all of it."""
    opener = zlib.decompressobj(wbits=31)
    try:
        opened = opener.decompress(data, GUNZIP_LIMIT_BYTES)
    except zlib.error:
        return b"", False
    return opened, opener.eof and not opener.unused_data
