"""Error lines of gateways: nginx, envoy, HAProxy. One line enters, its kind and upstream leave; counting is `GatewayCounter`'s.

>>> counter = GatewayCounter()
>>> counter.add('2026/11/20 23:03:37 [error] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream, '
...             'client: 10.0.0.9, server: shop, request: "GET /pay HTTP/1.1", upstream: "http://10.0.0.4:8080/pay"', number=3)
True
>>> error = counter.errors()[0]
>>> error.kind, error.upstream, error.count, error.locator
('refused', '10.0.0.4:8080', 1, 'line 3')
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.model.logs import GatewayError
from bot.parse.timestamps import find_time

MARKERS: Final = (b"upstream", b"haproxy[", b" UF", b" UC", b" UH", b" UT", b" URX", b",UF", b",UC")
"""A block of a log without any of these holds no gateway error."""

_NGINX_WORDS: Final = (
    ("no live upstreams", "no-live-upstream"),
    ("Connection refused", "refused"),
    ("prematurely closed", "premature-close"),
    ("timed out", "timeout"),
    ("reset by peer", "reset"),
    ("Broken pipe", "reset"),
)
_NGINX = re.compile(r"\[(?:error|crit|alert|warn)\] \d+#\d+: ")
_NGINX_UPSTREAM = re.compile(r'upstream: "(?:[a-z+]+://)?([^/"]+)')
_ENVOY = re.compile(r'"[A-Z]+ \S+ HTTP/[\d.]+" (\d{3}) ([A-Z][A-Z,]*) .*?"(\S+?)"\s*$')
_ENVOY_FLAGS: Final = {"UF": "refused", "UC": "premature-close", "UH": "no-live-upstream", "UT": "timeout", "URX": "refused"}
_HAPROXY = re.compile(r"haproxy\[\d+\]: \S+ \[[^\]]+\] (\S+ \S+) \S+ (\d{3}|-1) \S+ \S+ \S+ ([A-Za-z-]{4}) ")
_HAPROXY_STATES: Final = {
    "SC": "refused",
    "SH": "premature-close",
    "SD": "reset",
    "sC": "timeout",
    "sH": "timeout",
    "sD": "timeout",
}
_MAX_KINDS: Final = 1_000
_EXCERPT_CHARACTERS: Final = 600


@dataclass(slots=True)
class _Seen:
    count: int
    first: str
    last: str
    number: int


class GatewayCounter:
    """Counts gateway errors by kind, upstream and status."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, int | None], _Seen] = {}

    def add(self, text: str, *, number: int, count: int = 1, last: str = "") -> bool:
        """Count a line if it is a gateway error; `last` is the last of `count` alike lines. Returns whether it was one."""
        key = classify(text)
        if key is None:
            return False
        seen = self._seen.get(key)
        if seen is None:
            if len(self._seen) < _MAX_KINDS:
                self._seen[key] = _Seen(count, text, last or text, number)
            return True
        seen.count += count
        seen.last = last or text
        return True

    def errors(self) -> tuple[GatewayError, ...]:
        """Return all kinds seen, most frequent first."""
        found = [_error(key, seen) for key, seen in self._seen.items()]
        return tuple(sorted(found, key=lambda error: -error.count))


def classify(text: str) -> tuple[str, str, int | None] | None:
    """Return (kind, upstream, status) of a gateway's error line, None for any other line.

    Formats: nginx's error log; envoy's default access log with response flags; HAProxy's HTTP log with termination state.
    """
    if _NGINX.search(text):
        kind = next((kind for words, kind in _NGINX_WORDS if words in text), None)
        if kind is None or "upstream" not in text:
            return None
        upstream = _NGINX_UPSTREAM.search(text)
        return kind, upstream[1] if upstream else "", None
    if match := _ENVOY.search(text):
        kind = next((_ENVOY_FLAGS[flag] for flag in match[2].split(",") if flag in _ENVOY_FLAGS), None)
        if kind == "premature-close" and "connection_termination" not in text and "reset" in text:
            kind = "reset"
        return None if kind is None else (kind, "" if match[3] == "-" else match[3], int(match[1]))
    if match := _HAPROXY.search(text):
        kind = "no-live-upstream" if "<NOSRV>" in match[1] else _HAPROXY_STATES.get(match[3][:2])
        return None if kind is None else (kind, match[1].split()[-1], int(match[2]) if match[2] != "-1" else None)
    return None


def _error(key: tuple[str, str, int | None], seen: _Seen) -> GatewayError:
    kind, upstream, status = key
    first: datetime | None = find_time(seen.first)
    return GatewayError(
        kind=kind,
        upstream=upstream,
        count=seen.count,
        status=status,
        first_seen=first,
        last_seen=find_time(seen.last),
        locator=f"line {seen.number}",
        excerpt=seen.first[:_EXCERPT_CHARACTERS],
    )
