"""Files given on the command line: paths, directories and `-` enter, one `Bundle` leaves.

What a file is, its content tells; how to recognise it is passed in. Loose files are taken for one process as long as each is
of another kind: a second goroutine dump must come from a second process.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from bot.collect.bundle import SERVICE_WIDE, read_bundle
from bot.collect.spool import Spool
from bot.collect.unpack import decode_into, is_packed, unpack_into, wide_encoding
from bot.errors import CollectError, ParseError, UsageError
from bot.model.evidence import Bundle, CollectFailure, Evidence, Kind, Target

Sniff = Callable[[bytes], Kind]

STDIN = "-"
MAX_COPIED_BYTES = 8 * 1024**3
"""Of standard input and pipes: they are copied to disk, and may never end."""
MAX_UNPACKED_BYTES = 256_000_000
"""Of one packed text: a small file may hold a thousand times its size."""
HEAD_BYTES = 1 << 16
MAX_PROFILE_BYTES = 256_000_000

_PIECE_BYTES = 1 << 20
_LOGS = (Kind.SERVICE_LOG, Kind.GATEWAY_LOG, Kind.KERNEL_LOG, Kind.KUBELET_LOG)
_CONTROL = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")


def read_files(
    sources: Sequence[str],
    *,
    service: str,
    sniff: Sniff,
    now: datetime,
    stdin: BinaryIO | None = None,
    spool: Path | None = None,
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
) -> Bundle:
    """Read files, bundle directories and standard input as the evidence of one service.

    Sources that cannot be read are failures of the bundle. Copies (of standard input, pipes, unpacked files) go to `spool` when
    they are large; None keeps them in a directory that goes when the program ends.

    Raises:
        UsageError: no source could be read; one line for each.
    """
    reading = _Reading(
        service=service, sniff=sniff, now=now, stdin=stdin or sys.stdin.buffer, spool=spool, max_unpacked_bytes=max_unpacked_bytes
    )
    problems = []
    for source in sources:
        try:
            reading.add(source)
        except (OSError, CollectError, ParseError, UsageError) as error:
            name = "standard input" if source == STDIN else source
            reason = error.strerror if isinstance(error, OSError) else str(error)
            problems.append(f"{name}: {reason or error}")
    if not reading.evidence and not reading.failures:
        raise UsageError("\n".join(problems) or "give a file, a bundle directory or - to read")
    failures = (
        # What cannot be read belongs to no instance: it may well be another file of one that there is.
        CollectFailure(kind=Kind.SERVICE_LOG, reason=problem)
        for problem in problems
    )
    return Bundle(
        service=service,
        taken_at=now,
        evidence=tuple(reading.evidence),
        failures=(*reading.failures, *failures),
        targets=tuple(reading.targets.values()),
        baseline=reading.baseline,
        about=reading.about,
    )


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What was read so far. `loose` holds the names of evidence that each target of loose files has already."""

    service: str
    sniff: Sniff
    now: datetime
    stdin: BinaryIO
    spool: Path | None
    max_unpacked_bytes: int
    evidence: list[Evidence] = field(default_factory=list)
    failures: list[CollectFailure] = field(default_factory=list)
    targets: dict[str, Target] = field(default_factory=dict)
    loose: dict[str, set[str]] = field(default_factory=dict)
    baseline: Bundle | None = None
    about: dict[str, str] = field(default_factory=dict)

    def add(self, source: str) -> None:
        """Read one source; what it cannot be read for is raised."""
        if source == STDIN:
            self._add_stream("standard input", self.stdin, None)
            return
        path = Path(source)
        if path.is_dir():
            self._add_bundle(read_bundle(path, self.service))
            return
        with path.open("rb") as stream:
            self._add_stream(source, stream, path if path.is_file() else None)

    def new_target(self, source: str) -> Target:
        """Return a target for a source, named by its last part, or by all of it where that is taken."""
        short = Path(source).name or source
        instance = source if short in self.targets else short
        return self.targets.setdefault(instance, Target(self.service, instance))

    def _add_bundle(self, bundle: Bundle) -> None:
        """Take over a bundle, under the service's name."""
        for target in bundle.targets:
            self.targets.setdefault(target.instance, replace(target, service=self.service))
        for item in bundle.evidence:
            self.evidence.append(replace(item, target=self.targets[item.target.instance] if item.target else None))
        for failure in bundle.failures:
            self.failures.append(replace(failure, target=self.targets[failure.target.instance] if failure.target else None))
        self.baseline = self.baseline or bundle.baseline
        self.about |= bundle.about

    def _add_stream(self, source: str, stream: BinaryIO, path: Path | None) -> None:
        """Recognise what a stream holds and keep it: in its own file where it has one and needs no unpacking."""
        content, truncated = (path, False) if path else _copied(stream, self.spool)
        head = _head(content, HEAD_BYTES)
        if is_packed(head) and _is_text(first := _unpacked_head(content)):
            unpacked = Spool(self.spool)
            with _opened(content) as packed:
                truncated |= unpack_into(unpacked, packed, max_bytes=self.max_unpacked_bytes)
            content, head = unpacked.content(), first
        if encoding := wide_encoding(head):
            decoded = Spool(self.spool)
            with _opened(content) as wide:
                decode_into(decoded, wide, encoding=encoding)
            content = decoded.content()
            head = _head(content, HEAD_BYTES)
        text = _is_text(head)
        kind = self.sniff(head if text else _head(content, MAX_PROFILE_BYTES))
        name = _name(kind, head, text=text)
        self.evidence.append(
            Evidence(
                kind=kind,
                name=name,
                content=content,
                source=source,
                collected_at=datetime.fromtimestamp(path.stat().st_mtime, UTC) if path else self.now,
                target=None if kind in SERVICE_WIDE else self._owner(source, name),
                truncated=truncated,
            )
        )
        if truncated:
            reason = (
                f"{source}: only its first {self.evidence[-1].size_bytes / 1e6:.3g} MB were read, the rest is damaged or too long"
            )
            self.failures.append(CollectFailure(kind=kind, reason=f"{reason}; give the unpacked file to have all of it read"))

    def _owner(self, source: str, name: str) -> Target:
        """Return the first target of loose files that has nothing of this name yet, or a new one named after the source."""
        for instance, names in self.loose.items():
            if name not in names:
                names.add(name)
                return self.targets[instance]
        target = self.new_target(source)
        self.loose[target.instance] = {name}
        return target


def _name(kind: Kind, head: bytes, *, text: bool) -> str:
    """Return the name in a bundle for evidence of a kind that starts like this."""
    if kind in _LOGS:
        return str(kind)
    if kind in (Kind.PODS, Kind.EVENTS, Kind.HISTORY):
        return f"{kind}.json"
    if not text:
        return f"{kind}.pb.gz" if is_packed(head) else f"{kind}.pb"
    counted = kind is Kind.GOROUTINE and head.lstrip().startswith(b"goroutine profile:")
    return f"{kind}.debug1.txt" if counted else f"{kind}.txt"


def _copied(stream: BinaryIO, directory: Path | None) -> tuple[bytes | Path, bool]:
    """Copy a stream that can be read only once; return the copy, and whether it was too long to be copied whole."""
    spool = Spool(directory)
    head = stream.read(HEAD_BYTES)
    spool.write(head)
    left = (MAX_COPIED_BYTES if _is_text(head) else MAX_PROFILE_BYTES) - len(head)
    while piece := stream.read(min(_PIECE_BYTES, left)):
        spool.write(piece)
        left -= len(piece)
    return spool.content(), left <= 0


def _opened(content: bytes | Path) -> BinaryIO:
    return content.open("rb") if isinstance(content, Path) else io.BytesIO(content)


def _head(content: bytes | Path, size: int) -> bytes:
    with _opened(content) as stream:
        return stream.read(size)


def _unpacked_head(content: bytes | Path) -> bytes:
    spool = Spool()
    with _opened(content) as packed:
        unpack_into(spool, packed, max_bytes=HEAD_BYTES)
    return _head(spool.content(), HEAD_BYTES)


def _is_text(head: bytes) -> bool:
    return not _CONTROL.search(head) or wide_encoding(head) is not None
