r"""Undoes what log pipelines do to lines: prefixes, JSON wrapping, escapes, colours, quoting marks. Raw lines in, `Line`s out.

The way is detected from a sample, layer by layer (a compose prefix before JSON before a colour), and never configured.

>>> sample = ["2026-11-20T23:03:37.1Z stderr F panic: boom", "2026-11-20T23:03:37.1Z stderr F ",
...           "2026-11-20T23:03:37.1Z stderr F goroutine 1 [running]:"]
>>> transport = detect(sample)
>>> transport.name
'cri'
>>> [line.text for line in transport.clean([text.encode() for text in sample], first=1)]
['panic: boom', '', 'goroutine 1 [running]:']

A prefix nobody has heard of is learned from the header of a goroutine and the lines that follow it:

>>> sample = ["shop#4 12:01> goroutine 1 [running]:", "shop#4 12:01> main.main()", "shop#4 12:01> \t/src/main.go:4 +0x1d"]
>>> [line.text for line in detect(sample).clean([text.encode() for text in sample], first=1)]
['goroutine 1 [running]:', 'main.main()', '\t/src/main.go:4 +0x1d']
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bot.parse.jsonlines import expand_escapes, expand_json, unescape, unwrap_docker, unwrap_journal, unwrap_message
from bot.parse.lines import Line
from bot.parse.stacktext import HEADER, decode

_SHARE: Final = 0.6
_MAX_LAYERS: Final = 4
_MAX_CHARACTERS: Final = 8_192
_MAX_HEADER_CHARACTERS: Final = 2_000
_FOLLOWERS: Final = 12

_COLOUR = re.compile(r"(?:\x1b|\^\[|\\u001b|\\x1b)\[[0-9;]*[A-Za-z]")
_FENCE = re.compile(r"^\s*(?:```.*|~~~.*|</?(?:details|summary|pre|code|p|br)\b[^>]*>.*)$")
_BOX_END = re.compile(r"\s+[│┃║]$")
_LOST_STAR = re.compile(r"(?<=\.)\((\w+(?:\[\.\.\.\])?)\)(?=\.)")
_LOGFMT = re.compile(r'(?:^|\s)(?:msg|message)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*)(?=\s|$))')
_LOGFMT_HEADER = re.compile(r'\b(?:msg|message)="goroutine \d+ [^"]*\[')
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d+);")

_ANY_HEADER = re.compile(r"goroutine \d+(?: gp=\S+ m=\S+(?: mp=\S+)?)? \[[a-z][^\]]*\][^\n]*:\s*$")


class Unwrapped(NamedTuple):
    """A line without one layer: its text, the writer and the prefix.

    `partial`: the next line continues it. `logged`: it is the message of a structured log record.
    """

    text: str
    source: str = ""
    stamp: str = ""
    partial: bool = False
    logged: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """One way of wrapping; `unwrap` returns None for a line that is not wrapped so. `prefix`: it is one, of whole lines."""

    name: str
    unwrap: Callable[[str], Unwrapped | None]
    prefix: re.Pattern[bytes] | None = None


def _prefix(name: str, pattern: str) -> Layer:
    """Make a layer of a prefix; the groups `source` and `flag` (CRI's `P`) are optional."""
    compiled = re.compile(pattern)
    has_source, has_flag = "source" in compiled.groupindex, "flag" in compiled.groupindex

    def unwrap(line: str) -> Unwrapped | None:
        match = compiled.match(line)
        if match is None:
            return None
        source = match["source"] if has_source else ""
        return Unwrapped(line[match.end() :], source, match[0], partial=has_flag and match["flag"] == "P")

    return Layer(name, unwrap, re.compile(pattern.replace("(?P<flag>[FP])", "F").encode(), re.MULTILINE))


def _docker(line: str) -> Unwrapped | None:
    record = unwrap_docker(line)
    return None if record is None else Unwrapped(record.text.removesuffix("\n"), record.source, record.stamp, record.partial)


def _journal(line: str) -> Unwrapped | None:
    record = unwrap_journal(line)
    return None if record is None else Unwrapped(record.text, record.source, record.stamp)


def _message(line: str) -> Unwrapped | None:
    record = unwrap_message(line)
    if record is None:
        return None
    whole = expand_json(line) if "goroutine " in line else None
    return Unwrapped(whole or record.text, record.source, record.stamp, logged=True)


def _logfmt(line: str) -> Unwrapped | None:
    match = _LOGFMT.search(line)
    return None if match is None else Unwrapped(unescape(match[1] or match[2] or ""), stamp=line[: match.start()], logged=True)


LAYERS: Final = (
    _prefix("cri", r"^\d{4}-\d\d-\d\dT\S+ (?P<source>stdout|stderr) (?P<flag>[FP])(?: |$)"),
    Layer("docker-json", _docker),
    Layer("journald-json", _journal),
    _prefix("journald", r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S* \S+ (?P<source>[\w./@-]+\[\d+\]):(?: |$)"),
    _prefix("syslog", r"^(?:<\d+>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? \S+ (?P<source>[\w./@-]+(?:\[\d+\])?):(?: |$)"),
    _prefix("syslog", r"^<\d+>1 \S+ \S+ (?P<source>\S+ \S+) \S+ (?:-|\[.*?\](?=\s|$))(?: |$)"),
    _prefix("compose", r"^(?P<source>[A-Za-z0-9][\w.-]*?) *\|(?: |$)"),
    _prefix("kubectl", r"^\[(?P<source>pod/[^\]]+)\](?: |$)"),
    _prefix("android", r"^\d\d-\d\d \d\d:\d\d:\d\d\.\d+ +(?P<source>\d+) +\d+ [VDIWEFA] \S+ *:(?: |$)"),
    _prefix("android", r"^[VDIWEFA]/\S+ *\( *(?P<source>\d+)\):(?: |$)"),
    Layer("json", _message),
)
"""Known wrappings; the first one that most lines of the sample wear is peeled, then the next is looked for beneath it."""

LOGFMT: Final = Layer("logfmt", _logfmt)
"""Looked for only where it hides a goroutine's header: other lines are better read with their further fields, such as `err`."""


@dataclass(slots=True)
class Transport:
    """How the lines of one log are wrapped. It remembers half lines (CRI's `P`), so one serves one stream, in order."""

    layers: tuple[Layer, ...] = ()
    _halves: dict[str, list[str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Names of the layers, outermost first; `plain` when there is none."""
        return "+".join(layer.name for layer in self.layers) or "plain"

    def clean(self, raw: Sequence[bytes], *, first: int) -> list[Line]:
        """Unwrap consecutive lines, the first of which has the number `first`. A line may become several, or none."""
        lines: list[Line] = []
        for number, content in enumerate(raw, start=first):
            unwrapped = self._unwrap(decode(content).rstrip("\r\n"))
            if unwrapped is None:
                continue
            texts = expand_escapes(unwrapped.text) if "goroutine " in unwrapped.text else unwrapped.text.split("\n")
            lines += [Line(number, tidy(text), *unwrapped[1:3], unwrapped.logged) for text in texts]
        return lines

    def bare(self, content: bytes, *, lines: int, source: str) -> bytes | None:
        """Unwrap a whole block at once, which is fast; None where it takes a look at every line.

        It can be done where all lines wear the same prefix, or none, were written by `source`, and none of them is a half one.
        """
        if not self.layers:
            return content
        prefix = self.layers[0].prefix
        if len(self.layers) > 1 or prefix is None or self._halves:
            return None
        if prefix.groups and set(prefix.findall(content)) != {source.encode()}:
            return None
        text, worn = prefix.subn(b"", content)
        return text if worn == lines else None

    def _unwrap(self, text: str) -> Unwrapped | None:
        """Peel all layers; None for a half line that a later one completes."""
        sources: list[str] = []
        stamps: list[str] = []
        partial = logged = False
        text = _bare(text)
        for layer in self.layers:
            found = layer.unwrap(text)
            if found is not None:
                text = found.text
                sources.append(found.source)
                stamps.append(found.stamp)
                partial, logged = partial or found.partial, logged or found.logged
        source, stamp = "/".join(filter(None, sources)), " ".join(filter(None, stamps))
        if partial:
            self._halves.setdefault(source, []).append(text)
            return None
        if source in self._halves:
            text = "".join([*self._halves.pop(source), text])
        whole = expand_json(text) if text[:1] == "{" and "goroutine " in text else None
        return Unwrapped(whole or text, source, stamp, logged=logged or whole is not None)


def tidy(text: str) -> str:
    """Undo what terminals, chats and issue trackers do to a single line; indentation stays."""
    text = _bare(text[:_MAX_CHARACTERS])
    if _FENCE.match(text):
        return ""
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(text)
    if ".(" in text:
        text = _LOST_STAR.sub(r"(*\1)", text)
    return text.removesuffix("^M").rstrip()


def _bare(text: str) -> str:
    """Remove colours, and what frames a box on its right side."""
    if "\x1b" in text or "^[[" in text or "\\u001b" in text:
        text = _COLOUR.sub("", text)
    return text if text.isascii() else _BOX_END.sub("", text.replace("\xa0", " "))


def detect(sample: Sequence[str]) -> Transport:
    """Find out how lines are wrapped: from some consecutive lines, best those around a trace."""
    texts = [_bare(text) for text in sample if text.strip()]
    layers: list[Layer] = []
    while len(layers) < _MAX_LAYERS and (layer := _worn_by_most(texts)):
        layers.append(layer)
        texts = [unwrapped.text if (unwrapped := layer.unwrap(text)) else text for text in texts]
    if len(layers) < _MAX_LAYERS and (learned := _hiding_headers(texts) or _learn_prefix(texts)):
        layers.append(learned)
    return Transport(tuple(layers))


def is_clean(texts: Sequence[str]) -> bool:
    """Tell whether goroutine headers, where there are any, stand at the start of their lines."""
    heads = [text[:_MAX_HEADER_CHARACTERS] for text in texts if "goroutine " in text]
    found = [head for head in heads if _ANY_HEADER.search(head) or _LOGFMT_HEADER.search(head)]
    return not found or any(text.startswith("goroutine ") for text in found)


def _worn_by_most(texts: Sequence[str]) -> Layer | None:
    return next((layer for layer in LAYERS if _is_worn_by_most(layer, texts)), None)


def _is_worn_by_most(layer: Layer, texts: Sequence[str]) -> bool:
    return bool(texts) and sum(layer.unwrap(text) is not None for text in texts) >= max(1, round(len(texts) * _SHARE))


def _hiding_headers(texts: Sequence[str]) -> Layer | None:
    hidden = any("goroutine " in text and _LOGFMT_HEADER.search(text) for text in texts)
    return LOGFMT if hidden and _is_worn_by_most(LOGFMT, texts) else None


def _learn_prefix(texts: Sequence[str]) -> Layer | None:
    """Take what stands before a goroutine's header as the prefix of all lines, if the lines after it start alike."""
    if any(HEADER.match(text) and text[:1] == "g" for text in texts):
        return None
    for index, text in enumerate(texts):
        match = _ANY_HEADER.search(text[:_MAX_HEADER_CHARACTERS])
        if match is None or match.start() == 0:
            continue
        followers = [follower for follower in texts[index + 1 : index + 1 + _FOLLOWERS] if follower.strip()]
        for pattern in _patterns(text[: match.start()]):
            wearing = sum(re.match(pattern, follower) is not None for follower in followers)
            if followers and wearing >= len(followers) * _SHARE:
                return _prefix("prefix", pattern)
    return None


def _patterns(prefix: str) -> list[str]:
    """Return regular expressions for a prefix, strict first: numbers may vary, then whole words may."""
    core = prefix.rstrip()
    space = prefix[len(core) :]
    end = f"(?:{re.escape(space)}|$)" if core else re.escape(space)
    tokens = re.findall(r"\d+|[A-Za-z]+|\s+|.", core)
    numbers = "".join(r"\d+" if token[0].isdigit() else r"\s+" if token.isspace() else re.escape(token) for token in tokens)
    words = r"\s+".join(r"\S+" for _ in core.split())
    return [f"^{numbers}{end}", f"^{words}{end}"] if core else [f"^{end}"]
