r"""Masks secrets (tokens, passwords, keys, e-mail addresses, configured patterns) before anything is stored, posted or printed.

Only the secret itself is masked; what a person needs to understand the line stays:

>>> Redactor().text("dial postgres://shop:hunter2@db:5432/shop: password=hunter2")
('dial postgres://shop:[masked]@db:5432/shop: password=[masked]', 2)

A module version in a Go path is not an e-mail address:

>>> Redactor().text("/go/pkg/mod/example.com/lib@v1.2.3/lib.go:10 mail jo@example.com")
('/go/pkg/mod/example.com/lib@v1.2.3/lib.go:10 mail [masked]', 1)
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

from bot.model.evidence import Evidence
from bot.model.facts import Facts, Row

MASK = "[masked]"

# Every pattern names the part to mask `secret`; the rest is context that stays.
PATTERNS = (
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?P<secret>[\s\S]+?)-----END",
    r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@'\"]{0,100}:(?P<secret>[^\s/@'\"]{1,200})@",
    r"(?i)\bauthorization\W{1,4}(?:bearer|basic|token)?\s{0,3}(?P<secret>(?!bearer\b|basic\b)[\w.~+/=-]{4,4000})",
    r"(?i)\b(?:bearer|basic)\s{1,3}(?P<secret>[\w.~+/-]{8,4000}={0,2})",
    (
        r"(?i)(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)s?[\"']?\s{0,2}:?[=:]\s{0,2}"
        r"(?P<secret>\"[^\"\n]{1,500}\"|'[^'\n]{1,500}'|[^\s,;&}\"'()\[\]]{3,500})"
    ),
    r"(?P<secret>\beyJ[\w-]{8,2000}\.[\w-]{4,4000}(?:\.[\w-]{0,2000})?)",
    r"(?P<secret>\b(?:AKIA|ASIA)[A-Z0-9]{16}\b)",
    r"(?P<secret>\bxox[a-z]-[\w-]{8,200}|\bxapp-[\w-]{8,200})",
    r"(?P<secret>\b(?:gh[pousr]_|github_pat_|glpat-|sk_live_|rk_live_|AIza)[\w-]{16,200})",
    r"(?P<secret>[\w.+-]{1,64}@(?!v\d)(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b)(?!\.\d)",
)

# What a text holds, in lower case, wherever the pattern in the same place can match. Looking for plain words is ten times as
# fast as looking for a pattern, and most texts hold none.
_WORDS = (
    ("-----begin",),
    ("://",),
    ("authorization",),
    ("bearer", "basic"),
    (
        *("passw", "passphrase", "secret", "token", "credential"),
        *(first + between + "key" for first in ("api", "access", "private") for between in ("", "_", "-")),
    ),
    ("eyj",),
    ("akia", "asia"),
    ("xox", "xapp-"),
    (*("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), "github_pat_", "glpat-", "sk_live_", "rk_live_", "aiza"),
    ("@",),
)
BLOCK_BYTES = 1 << 20
# Where a private key begins, the block goes on to its end; a longer one is not a key.
KEY_BYTES = 1 << 16
KEY_BEGINS, KEY_ENDS = b"-----BEGIN", b"-----END"
GZIP_MAGIC = b"\x1f\x8b"
GUNZIP_LIMIT_BYTES = 512 * 2**20


class Redactor:
    """Masks the built-in patterns and `extra` ones (regular expressions; a group called `secret` limits what is masked)."""

    def __init__(self, extra: Iterable[str] = ()) -> None:
        self._builtin = tuple((words, re.compile(pattern)) for words, pattern in zip(_WORDS, PATTERNS, strict=True))
        self._extra = tuple(re.compile(pattern) for pattern in extra)

    def text(self, text: str) -> tuple[str, int]:
        """Return the text with every secret replaced by `[masked]`, and how many were replaced."""
        return self._mask(text, lambda _secret: MASK)

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
        masked_text, count = self._mask(data.decode("latin-1"), lambda secret: "*" * len(secret))
        return (masked_text.encode("latin-1"), count) if count else (data, 0)

    def evidence(self, evidence: Evidence, directory: Path) -> Evidence:
        """Return a piece of evidence with the secrets in it masked; one in a file as a new file in `directory`."""
        if isinstance(evidence.content, bytes):
            masked, count = self.data(evidence.content)
            return replace(evidence, content=masked, masked=count)
        copy = directory / evidence.name
        with evidence.content.open("rb") as source, copy.open("xb") as sink:
            return replace(evidence, content=copy, masked=self.stream(source, sink))

    def stream(self, source: BufferedReader, sink: BinaryIO) -> int:
        """Copy a piece of evidence with its secrets masked, and return how many there were. Text is never held whole.

        The same as `data`, but for secrets that stand across line ends; only private keys are long enough to do so for sure.
        """
        if source.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC):
            masked, count = self.data(source.read())
            sink.write(masked)
            return count
        total = 0
        while block := source.read(BLOCK_BYTES):
            block += source.readline()
            while block.rfind(KEY_BEGINS) > block.rfind(KEY_ENDS) and len(block) - block.rfind(KEY_BEGINS) < KEY_BYTES:
                line = source.readline()
                if not line:
                    break
                block += line
            masked, count = self.data(block)
            sink.write(masked)
            total += count
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
        lower = text.lower()
        builtin = [pattern for words, pattern in self._builtin if any(word in lower for word in words)]
        count = 0

        def replace(match: re.Match[str]) -> str:
            nonlocal count
            group = "secret" if "secret" in match.re.groupindex else 0
            secret = match[group]
            # What an earlier pattern has masked is not a secret any more.
            if not secret or MASK in secret or not secret.strip("*"):
                return match[0]
            count += 1
            start, end = match.start(group) - match.start(), match.end(group) - match.start()
            return match[0][:start] + mask(secret) + match[0][end:]

        for pattern in (*builtin, *self._extra):
            text = pattern.sub(replace, text)
        return text, count


def _gunzip(data: bytes) -> tuple[bytes, bool]:
    """Open gzip as far as it goes; also say whether that was all of it."""
    opener = zlib.decompressobj(wbits=31)
    try:
        opened = opener.decompress(data, GUNZIP_LIMIT_BYTES)
    except zlib.error:
        return b"", False
    return opened, opener.eof and not opener.unused_data
