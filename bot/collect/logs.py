"""Log sources: a window of time and size enters, log evidence leaves. Files today; anything with a `read` may join.

A log is read from its end: the newest bytes matter, and a window is kept by the files' times and by size, not line by line.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from bot.collect.harvest import Harvest, gather
from bot.collect.spool import Spool
from bot.collect.unpack import MAGIC_BYTES, is_packed, unpack_into
from bot.errors import CollectError
from bot.model.evidence import CollectFailure, Evidence, Kind

MAX_FILES = 20
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LogWindow:
    """How far back to read.

    Attributes:
        now: the clock (UTC).
        since: files not written to since then are left out; None takes them all.
        max_bytes: of all files of one source together, newest first.
        spool: directory for copies; None keeps them in one that goes when the program ends.
    """

    now: datetime
    since: datetime | None = None
    max_bytes: int = 256_000_000
    spool: Path | None = None


class LogSource(Protocol):
    """A place that logs can be had from."""

    def read(self, window: LogWindow) -> Harvest:
        """Return the log evidence of the window, newest first, or why there is none."""
        ...


def first_that_answers(sources: Iterable[LogSource], window: LogWindow) -> Harvest:
    """Ask one source after the other until one has evidence; failures of those before it are kept."""
    asked = []
    for source in sources:
        asked.append(source.read(window))
        if asked[-1].evidence:
            break
    return gather(asked)


@dataclass(frozen=True, slots=True)
class FileLogs:
    """Log files on this machine: `pattern` is a path or a glob such as `/var/log/checkout/*.log`; `.gz` files are unpacked."""

    pattern: str
    kind: Kind = Kind.SERVICE_LOG

    def read(self, window: LogWindow) -> Harvest:
        """Return one piece of evidence per file, newest first, named `service.log`, `service.log.1` and so on."""
        found = _by_age(self.pattern)
        if not found:
            return self._failed(f"no file with anything in it matches {self.pattern}")
        recent = [path for path, written in found if window.since is None or written >= window.since]
        if not recent:
            return self._failed(f"{self.pattern}: nothing was written since {window.since:%Y-%m-%d %H:%M} UTC")
        harvests: list[Harvest] = []
        left = window.max_bytes
        for path in recent[:MAX_FILES]:
            if left <= 0:
                break
            number = sum(len(harvest.evidence) for harvest in harvests)
            harvests.append(self._file(path, f"{self.kind}.{number}" if number else str(self.kind), left, window))
            left -= sum(evidence.size_bytes for evidence in harvests[-1].evidence)
        return gather(harvests)

    def _file(self, path: Path, name: str, max_bytes: int, window: LogWindow) -> Harvest:
        try:
            content, truncated = _tail(path, max_bytes, window.spool)
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except (OSError, CollectError) as error:
            return self._failed(f"{path}: {getattr(error, 'strerror', None) or error}")
        evidence = Evidence(
            kind=self.kind,
            name=name,
            content=content,
            source=str(path),
            collected_at=min(written, window.now),
            truncated=truncated,
        )
        return Harvest(evidence=(evidence,))

    def _failed(self, reason: str) -> Harvest:
        return Harvest(failures=(CollectFailure(kind=self.kind, reason=reason),))


def _by_age(pattern: str) -> list[tuple[Path, datetime]]:
    """Return the files that match and hold anything, with the time they were last written, newest first."""
    found = []
    for name in glob.iglob(pattern, recursive=True):  # noqa: PTH207 - the pattern may be absolute
        path = Path(name)
        if path.is_file() and (status := path.stat()).st_size:
            found.append((path, datetime.fromtimestamp(status.st_mtime, UTC)))
    return sorted(found, key=lambda item: (item[1], item[0].name), reverse=True)


def _tail(path: Path, max_bytes: int, directory: Path | None) -> tuple[bytes | Path, bool]:
    """Return a small enough file as it is, else a copy of its end from a line's start on; and whether anything is missing."""
    with path.open("rb") as stream:
        packed = is_packed(stream.read(MAGIC_BYTES))
        size = stream.seek(0, os.SEEK_END)
        if not packed and size <= max_bytes:
            return path, False
        spool = Spool(directory)
        stream.seek(0 if packed else size - max_bytes)
        if packed:
            truncated = unpack_into(spool, stream, max_bytes=max_bytes)
            return spool.content(), truncated
        left = max_bytes - len(stream.readline(max_bytes))
        while left > 0 and (piece := stream.read(min(_PIECE_BYTES, left))):
            spool.write(piece)
            left -= len(piece)
        return spool.content(), True
