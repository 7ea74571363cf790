"""Loki: the log lines that a LogQL query finds, newest first in the asking, oldest first in the evidence.

API: https://grafana.com/docs/loki/latest/reference/loki-http-api/#query-logs-within-a-range-of-time
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.collect.api import Api
from bot.collect.harvest import Harvest
from bot.collect.logs import LogWindow
from bot.errors import CollectError
from bot.model.evidence import CollectFailure, Evidence, Kind

PAGE_LINES = 5_000
"""What Loki gives at most in one answer, unless it is configured otherwise."""
MAX_PAGES = 20
DEFAULT_BACK = timedelta(hours=1)

_PATH = "/loki/api/v1/query_range"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Line = tuple[int, str]
"""(nanoseconds since the epoch, text)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LokiLogs:
    """The lines of a query as one log: stream by stream, so that what one process wrote stays together."""

    api: Api
    query: str
    kind: Kind = Kind.SERVICE_LOG

    def read(self, window: LogWindow) -> Harvest:
        """Return the log of the window, at most `MAX_PAGES` answers of it."""
        since = window.since or window.now - DEFAULT_BACK
        streams: defaultdict[str, list[Line]] = defaultdict(list)
        size, whole = 0, False
        start, end = _nanoseconds(since), _nanoseconds(window.now)
        try:
            for _ in range(MAX_PAGES):
                page = list(self._page(start, end))
                for stream, line in page:
                    streams[stream].append(line)
                    size += len(line[1]) + 1
                whole = len(page) < PAGE_LINES
                if whole or size > window.max_bytes:
                    break
                end = min(at for _, (at, _) in page)  # the end is not part of a range
        except CollectError as error:
            if not streams:
                return self._failed(str(error))
        if not streams:
            return self._failed(f"{self.api.name}: {self.query} finds no line since {since:%Y-%m-%d %H:%M} UTC")
        text = "".join(f"{line}\n" for lines in streams.values() for _, line in sorted(lines)).encode("utf-8", "replace")
        evidence = Evidence(
            kind=self.kind,
            name=str(self.kind),
            content=text[-window.max_bytes :],
            source=f"{self.api.name}: {self.query}",
            collected_at=window.now,
            truncated=not whole or len(text) > window.max_bytes,
        )
        return Harvest(evidence=(evidence,))

    def _page(self, start: int, end: int) -> Iterator[tuple[str, Line]]:
        """Yield (stream, line) of one answer: the newest lines before `end`."""
        query: dict[str, str | int] = {
            "query": self.query,
            "start": start,
            "end": end,
            "limit": PAGE_LINES,
            "direction": "backward",
        }
        data = self.api.json(_PATH, query, noun="query").get("data")
        found = data.get("result") if isinstance(data, dict) and data.get("resultType") == "streams" else None
        if not isinstance(found, list):
            raise CollectError(f'{self.api.name}: {self.query} gives no log lines; write a log query such as {{app="checkout"}}')
        try:
            for stream in found:
                labels = ",".join(f"{key}={value}" for key, value in sorted(stream["stream"].items()))
                yield from ((labels, (int(value[0]), str(value[1]))) for value in stream["values"])
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise CollectError(f"{self.api.name} answered in a form that is not known; is it Loki?") from error

    def _failed(self, reason: str) -> Harvest:
        return Harvest(failures=(CollectFailure(kind=self.kind, reason=reason),))


def _nanoseconds(when: datetime) -> int:
    return (when - _EPOCH) // timedelta(microseconds=1) * 1000
