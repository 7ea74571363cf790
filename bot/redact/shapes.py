r"""Where secrets stand in a text: a text enters, the spans of its secrets leave.

Every shape has words that stand wherever it can match. Looking for plain words is ten times as fast as looking for patterns, and
patterns are tried at the words only, so that the time grows with the length of the text and nothing else.

>>> text = r'{"log":"dial postgres://shop:hunter2@db: password=\"hunter3\"\n","token_type":"bearer"}'
>>> [text[span.start : span.end] for span in secrets(text, text.lower())]
['hunter2', 'hunter3']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from bot.redact.keys import NOTHING, cookies, value_of_key
from bot.redact.spans import PART, Span

Find = Callable[[str, int], Sequence[Span]]
"""Given a text and where the word stands in it, return the secrets there, in order."""

# A private key that is longer is not a key.
KEY_CHARS = 1 << 16

_URL = re.compile(
    r"""://(?:
      [^\s:/@?\#'"\\<>\[\]]{0,100}:(?P<secret>
        (?:[^\s/?\#'"<>\\]|\\(?![nrt"])){1,300}(?=@)
        # Not a valid address, but Go prints it whole when it says so. A port is no password.
        |(?!\d{1,5}(?:[/?\#,\\]|\b(?!@)))(?:[^\s'"<>@\\]|\\(?![nrt"])){1,300}(?=@)
      )(?:@[^\s"]{0,300}?\\{0,7}":[ ]invalid[ ]port[ ]\\{0,7}":(?P<port>[^"\\]{1,300}))?
      |(?P<name>[\w-]{20,300})@
      |hooks\.slack\.com/(?:services|workflows|triggers)/(?P<hook>[\w/-]{8,200})
    )""",
    re.VERBOSE,
)
_BEARER = re.compile(r"(?i:bearer|basic)(?:[ \t]{1,3}|%20)(?P<secret>[\w.~+/-]{8,}={0,2})")
# `basic authentication` is no secret.
_PROSE = re.compile(r"[A-Za-z]?[a-z-]{1,22}\.?")
_SIGNATURE = re.compile(r"(?i:sig(?:nature)?(?:=|%3d))(?P<secret>[\w%+/.~-]{16,}={0,2})")
_DOMAIN = re.compile(r"(?:@|%40)(?!v\d)(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?!\w|\*|\[masked\]|\.\d)")
_DATA_SOURCE = re.compile(r"@(?:tcp[46]?|udp|unix)\(")
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_END = "-----END"
_KEY_BODY = re.compile(r"(?:[\w+/=\s:,.-]|\\{1,8}[nrt/])*+")
_KEY_LINES = re.compile(r"(?:\s|\\{1,8}[nrt]|[A-Za-z0-9+/=]{16,})*+")
_KEY_RUN = re.compile(r"\\{1,8}[nrt]|(?P<run>[A-Za-z0-9+/=]{20,})")
_ESCAPED = "nrtbf"


def secrets(text: str, lower: str) -> list[Span]:
    """Return the spans of all secrets, in order; they may overlap. `lower` is the text in lower case, of the same length."""
    found: list[Span] = []
    for place, words, find in _SHAPES:
        where = lower if place == "lower" else text
        for word in words:
            at = where.find(word)
            while at >= 0:
                spans = find(text, at)
                found += spans
                at = where.find(word, max(at + 1, spans[-1].end) if spans else at + len(word))
    return sorted(found)


def _matched(pattern: re.Pattern[str], back: int, text: str, at: int) -> Sequence[Span]:
    """Return the groups of a pattern that begins `back` characters before the word."""
    match = pattern.match(text, max(at - back, 0))
    if not match:
        return ()
    return tuple(Span(*match.span(group)) for group in match.re.groupindex if match[group]) or (Span(*match.span()),)


def _in_url(text: str, at: int) -> Sequence[Span]:
    spans = _matched(_URL, 0, text, at)
    if spans and NOTHING.fullmatch(text, spans[0].start, spans[0].end):
        return ()
    # What follows the colon of a password is shown as a port, which is part of the same secret.
    return (spans[0], *(Span(span.start, span.end, PART) for span in spans[1:])) if spans else ()


def _bearer(text: str, at: int) -> Sequence[Span]:
    spans = _matched(_BEARER, 0, text, at)
    return () if spans and _PROSE.fullmatch(text, spans[0].start, spans[0].end) else spans


def _address(text: str, at: int) -> Sequence[Span]:
    """Find an e-mail address by its `@`, or the password of a data source name by what follows: `shop:hunter2@tcp(db)/shop`."""
    if match := _DOMAIN.match(text, at):
        start = _local_part(text, at)
        return (Span(start, match.end()),) if start < at else ()
    if _DATA_SOURCE.match(text, at):
        begin = max(text.rfind(mark, max(at - 300, 0), at) for mark in " \t\n\"'`") + 1
        colon = text.find(":", max(begin, at - 300), at)
        return (Span(colon + 1, at),) if 0 <= colon < at - 1 else ()
    return ()


def _local_part(text: str, at: int) -> int:
    """Return where the part before the `@` begins. A letter that a backslash makes a line end does not belong to it."""
    start = at
    while start > max(at - 64, 0) and (text[start - 1].isalnum() or text[start - 1] in "_.+-%" or text[start - 1] > "\x7f"):
        start -= 1
    if text[start - 1 : start] == "\\":
        if text[start] == "u":
            return min(start + 5, at)
        return start + (text[start] in _ESCAPED)
    return start


def _private_key(text: str, at: int) -> Sequence[Span]:
    """Find a private key in one piece, cut off, or in one log line for each of its lines."""
    begin = _BEGIN.match(text, at)
    if not begin:
        return ()
    start, end = begin.end(), text.find(_END, begin.end(), begin.end() + KEY_CHARS)
    if end < 0:
        cut = _KEY_LINES.match(text, start, start + KEY_CHARS)
        return (Span(start, cut.end()),) if cut and cut.end() > start else ()
    if _KEY_BODY.fullmatch(text, start, end):
        return (Span(start, end),) if end > start else ()
    runs = [match.span("run") for match in _KEY_RUN.finditer(text, start, end) if match["run"]]
    return tuple(Span(*run, kind=PART if index else "") for index, run in enumerate(runs))


def _token(pattern: str, back: int = 0) -> Find:
    return partial(_matched, re.compile(pattern), back)


_SHAPES: Sequence[tuple[str, Sequence[str], Find]] = (
    ("lower", ("pass", "pwd", "secret", "token", "credential", "key", "auth"), value_of_key),
    ("lower", ("cookie",), cookies),
    ("lower", ("bearer", "basic"), _bearer),
    ("lower", ("sig",), partial(_matched, _SIGNATURE, 0)),
    ("lower", ("://",), _in_url),
    ("lower", ("@", "%40"), _address),
    ("text", ("-----BEGIN",), _private_key),
    ("text", ("eyJ",), _token(r"eyJ[\w-]{8,2000}\.[\w-]{4,}(?:\.[\w-]*){0,3}")),
    ("text", ("AKIA", "ASIA"), _token(r"A[KS]IA[A-Z0-9]{16,}")),
    ("text", ("AIza",), _token(r"AIza[\w-]{16,}")),
    ("text", ("ya29.",), _token(r"ya29\.[\w-]{16,}")),
    ("text", ("xox", "xapp-"), _token(r"(?:xox[a-z]|xapp)(?:\.xox[a-z])?-[\w-]{8,}")),
    ("text", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), _token(r"gh[pousr]_\w{16,}")),
    ("text", ("github_pat_",), _token(r"github_pat_\w{16,}")),
    ("text", ("glpat-",), _token(r"glpat-[\w-]{16,}")),
    ("text", ("k_live_", "k_test_"), _token(r"[sr]k_(?:live|test)_\w{10,}", back=1)),
    ("text", ("whsec_",), _token(r"whsec_[\w+/=]{16,}")),
)
