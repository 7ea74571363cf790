r"""Secrets that a name tells: `password=…`, headers, query strings, JSON, YAML, environments, and structs as Go prints them.

A log line is often JSON inside JSON: `{"log":"{\"password\":\"…\"}\n"}`. A quote that stands n strings deep has 2ⁿ-1 backslashes
before it, so the number of backslashes tells whether a quote ends the value, stands in it, or ends a string around it.

>>> text = r'{"log":"{\"password\":\"say \\\"hi\\\"\"}\n"}'
>>> [text[span.start : span.end] for span in value_of_key(text, text.index("pass"))]
['say \\\\\\"hi\\\\\\"']
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from typing import Final

from bot.redact.spans import NUMBER, Span

_WORD = r"pass(?:w(?:or)?d|phrase|code|wd)?|pwd|secret|token|credential|key|auth(?:orization)?"
_AFTER = r"""
    (?P<plural>s)?(?:[_-]?(?:hash|value|confirm(?:ation)?|base64|b64|\d{1,2}))?
    (?:(?P<close>\\{0,15})(?P<quote>["'`])|%2[27]|&quot;|&\#34;|\\{1,15}u002[27])?(?:\]|%5d)?
    (?:
      (?P<sign>(?:[ \t]|\\{1,7}t){0,8}(?:%3[ad]|:=|=>|==?|:|>)(?:[ \t]|\\{1,7}t|%20){0,8})
      |(?P<pair>,?(?:\s|\\{1,7}[nrt]){0,40}\\{0,15}["']?value\\{0,15}["']?[ \t]{0,4}[:=][ \t]{0,4})
      |(?P<flag>,?[ \t]{1,4}|,)
    )
    (?:\[masked\]|(?:\[\](?:string|any|interface[ ]?\{\})\{|\[)?[ ]?)
"""
_KEY = re.compile(rf"(?P<word>{_WORD}){_AFTER}", re.VERBOSE | re.IGNORECASE)
_COOKIES = re.compile(rf"(?P<word>cookie){_AFTER}", re.VERBOSE | re.IGNORECASE)
_OPEN = re.compile(r"(?P<escape>\\{0,15})(?P<quote>[\"'`])|(?P<encoded>%2[27]|&quot;|&#34;|\\{1,15}u002[27])", re.IGNORECASE)
_SCHEME = re.compile(
    r"(?:bearer|basic|token|digest|negotiate|ntlm|apikey|key|hmac|oauth|jwt|aws4-hmac-sha256|geniekey|splunk)"
    r"(?:[ \t]{1,3}|%20)(?=[^\s\"'\\\]},])",
    re.IGNORECASE,
)
# What ends an unquoted value inside of a JSON string: line ends, quotes, and `&`, `<`, `>`, which Go escapes.
_ESCAPED_END = r"\\{1,15}(?:[\"'`nrt]|u00(?:0a|0d|09|22|26|27|3c|3e))"


def _unquoted(ends: str) -> re.Pattern[str]:
    return re.compile(rf"[^{ends}\\%]*+(?:(?!{_ESCAPED_END})(?:\\++[^{ends}\\%]?|%(?!2[267]))[^{ends}\\%]*+)*+", re.IGNORECASE)


_PLAIN = _unquoted(r"\s,;&}\"'`()\[\]<")
_ENVIRONMENT = _unquoted(r"\s\"'`")
_COOKIE = _unquoted(r"\s,;\"'\[\]")
_YAML_REST = re.compile(r"(?:[ ]++[^\s#\"'\\{}\[\]]++)*+(?=[ \t]*(?:\r?\n|$|#))")
_BLOCK = re.compile(r"[|>][+-]?[ \t]*\n[ \t]+")
# `{User:maya Password:hunter two Host:db}`: a value may hold spaces; it goes on to the next field or the end of the struct.
_STRUCT_REST = re.compile(r"(?:[ ](?![A-Za-z_]\w*:)[^\s{}\[\]\"'`:,;\\]+){1,8}(?=[}\]]|[ ][A-Za-z_]\w*:)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.IGNORECASE)
_LONG = re.compile(r"\d{6,}")
NOTHING: Final = re.compile(
    r"true|false|null|nil|none|undefined|redacted|bearer|basic|x{3,}|0x[0-9a-f]+|%[+#]?[vsqdx]|\$[{(]\w+[})]?"
    r"|sha256:[0-9a-f]{8,64}|map|func",
    re.IGNORECASE,
)
"""What stands in the place of a secret and is none."""
# What stands after `token: ` in the error texts of Go programs. A word that ends with a colon is the next link of the chain.
_PROSE = re.compile(
    r".*:|yes|off|enabled|disabled|rpc|not|invalid|missing|unknown|failed|cannot|could|context|oauth2|expired|denied|error|EOF"
    r"|unauthorized|unexpected|unable|dial|get|post|open|read|the|too|was|has|required|must|should|reset",
    re.IGNORECASE,
)
_KEYS = re.compile(
    r"(?:api|access|private|secret|sign(?:ing)?|encrypt(?:ion)?|account|auth|master|shared|subscription|license|ssh|hmac|consumer)"
    r"[_. -]?$",
    re.IGNORECASE,
)
_NAME = string.ascii_letters + string.digits + "_.-"
_QUOTES = {quote: re.compile(rf"(?<!\\)(\\*){quote}|\n") for quote in "\"'`"}
_ITEM = re.compile(r",[ ]?(?P<escape>\\{0,15})(?P<quote>[\"'`])")
_STRING_ENDS = re.compile(r"[ \t]*(?:[,:}\]]|\r?\n|$)")
_PAIR = re.compile(r"(?:;?[ ]?)(?P<name>[\w.!#$%&+^|~-]{1,128})=(?P<open>\\{0,15}\")?")
_ATTRIBUTES = frozenset({"path", "domain", "expires", "max-age", "samesite", "priority"})
_TYPE = re.compile(r"\*?[a-z][\w/]*\.[A-Z]\w*[({\[]")
_SHORTEST = 3
_SHORTEST_AUTH = 12


def value_of_key(text: str, at: int) -> Sequence[Span]:
    """Return what the name at `at` says to be secret: one value, or all of a list; nothing where it is no such name."""
    match = _KEY.match(text, at)
    if not match or match[0].endswith("[masked]") or not _is_secret_name(text, match):
        return ()
    start = match.end()
    opened = _OPEN.match(text, start)
    if opened and not opened["encoded"]:
        return _quoted(text, match, opened)
    return _bare(text, match, opened.end() if opened else start)


def cookies(text: str, at: int) -> Sequence[Span]:
    """Return the values of the cookies in a header; their names stay, and so do the attributes of `Set-Cookie`."""
    match = _COOKIES.match(text, at)
    if not match or match["flag"]:
        return ()
    opened = _OPEN.match(text, match.end())
    found: list[Span] = []
    pair = _PAIR.match(text, opened.end() if opened else match.end())
    while pair and pair["name"].lower() not in _ATTRIBUTES:
        value = _COOKIE.match(text, pair.end())
        end = value.end() if value else pair.end()
        if end > pair.end():
            found.append(Span(pair.end(), end))
        pair = _PAIR.match(text, end + len(pair["open"] or ""))
    return found


def _is_secret_name(text: str, match: re.Match[str]) -> bool:
    word, start = match["word"].lower(), match.start()
    before = text[max(start - 64, 0) : start]
    name = before[len(before.rstrip(_NAME)) :]
    if match["flag"] and not name.startswith("-"):
        return False
    if word == "key":
        return _KEYS.search(before[-16:]) is not None
    if word in ("pass", "pwd", "auth"):
        return _begins_word(before, match["word"][0]) and not (match[0].startswith("PASS: "))
    return True


def _begins_word(before: str, first: str) -> bool:
    """Say whether a word begins here: not `bypass`, but `dbPass`, `DB_PASS`, and what follows an escaped line end."""
    last = before[-1:]
    return not last.isalpha() or (last.islower() and first.isupper()) or before[-2:] in ("\\n", "\\r", "\\t")


def _quoted(text: str, match: re.Match[str], opened: re.Match[str]) -> Sequence[Span]:
    """Return the value in quotes, and where it stands in a list, the others as well."""
    if match["quote"] and match["sign"]:
        # A quote of another depth than that of the name ends a string around it.
        if match["close"] != opened["escape"]:
            return ()
        if match["quote"] != opened["quote"] and _STRING_ENDS.match(text, opened.end()):
            return ()
    elif _STRING_ENDS.match(text, opened.end()):
        return ()
    found: list[Span] = []
    item: re.Match[str] | None = opened
    while item:
        end, after = _end_of_string(text, item.end(), item["quote"], len(item["escape"]))
        scheme = _SCHEME.match(text, item.end(), end)
        start = scheme.end() if scheme else item.end()
        if match["flag"] and text[after : after + 1] == ":":
            return ()
        if end > start and not NOTHING.fullmatch(text, start, end) and _fits(match, text[start:end]):
            found.append(Span(start, end))
        item = _ITEM.match(text, after) if match[0].endswith(("[", "{", "[ ")) else None
    return found


def _end_of_string(text: str, start: int, quote: str, depth: int) -> tuple[int, int]:
    """Return where the value ends that began before `start` with a quote after `depth` backslashes, and where its quote ends."""
    for match in _QUOTES[quote].finditer(text, start):
        if match[1] is None:
            return _cut_off(text, start, match.start(), quote)
        if quote != '"':
            end, after = _cut_off(text, start, match.start(), quote)
            return (end, after) if end < match.start() else (end, match.end())
        escape = len(match[1]) % (2 * depth + 2)
        if escape == depth:
            return match.end() - 1 - depth, match.end()
        if escape != 2 * depth + 1:
            return match.start(), match.start()
    return _cut_off(text, start, len(text), quote)


def _cut_off(text: str, start: int, end: int, quote: str) -> tuple[int, int]:
    """Return where a value ends at the latest: a string of JSON around single quotes may end before they do."""
    for match in _QUOTES['"'].finditer(text, start, end) if quote != '"' else ():
        if match[1] is not None and len(match[1]) % 2 == 0 and _STRING_ENDS.match(text, match.end()):
            return match.start(), match.start()
    return end, end


def _bare(text: str, match: re.Match[str], start: int) -> Sequence[Span]:
    """Return a value without quotes."""
    before = match.start()
    if block := _BLOCK.match(text, start):
        start = block.end()
    if scheme := _SCHEME.match(text, start):
        start = scheme.end()
    line = max(text.rfind("\n", max(before - 80, 0), before) + 1, before - 80, 0)
    name = text[line:before]
    environment = match["sign"] == "=" and match["word"].isupper() and not name.removeprefix("export ").strip(_NAME)
    found = (_ENVIRONMENT if environment else _PLAIN).match(text, start)
    end = found.end() if found else start
    if _is_harmless(text, match, start, end):
        return ()
    bare = text[start:end]
    if _NUMBER.fullmatch(bare):
        quoted = match["quote"] or (match["pair"] and '"' in match["pair"])
        is_secret = _LONG.fullmatch(bare) and bare.strip("9") and not match["plural"]
        return (Span(start, end, NUMBER if quoted else ""),) if is_secret else ()
    sign = match["sign"] or ""
    if sign == ":" and (rest := _STRUCT_REST.match(text, end)):
        end = rest.end()
    elif sign.startswith(": ") and match["word"].lower().startswith("pass") and not name.strip(f"{_NAME} \t"):
        rest = _YAML_REST.match(text, end)
        end = rest.end() if rest else end
    return (Span(start, end),)


def _is_harmless(text: str, match: re.Match[str], start: int, end: int) -> bool:
    """Say whether what stands there is no secret: too short, a keyword, an address in memory, a type, prose."""
    value = text[start:end]
    if end - start < _SHORTEST or NOTHING.fullmatch(value) or not _fits(match, value):
        return True
    if (match["flag"] or (match["sign"] or "").endswith(" ")) and _PROSE.fullmatch(value):
        return True
    if match["flag"]:
        return value.startswith("-")
    # `Token:auth.New(…)`, `Token:auth.Token{…}`
    return _TYPE.match(text, start) is not None


def _fits(match: re.Match[str], value: str) -> bool:
    """Say whether a value can be what names that also mean something else call so: `PWD=/home`, `auth=oauth2`."""
    word = match["word"].lower()
    if word == "pwd":
        return not value.startswith(("/", "~", "."))
    if word == "auth":
        return len(value) >= _SHORTEST_AUTH and any(character.isdigit() or character == "=" for character in value)
    return True
