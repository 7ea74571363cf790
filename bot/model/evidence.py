"""Where evidence comes from and what it is: `Target`, `Evidence`, `CollectFailure`, `Bundle`."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO


class Kind(StrEnum):
    """What a piece of evidence is. The value is what `needs:` in a rule says, and the stem of the file's name in a bundle."""

    GOROUTINE = "goroutine"
    GOROUTINELEAK = "goroutineleak"
    HEAP = "heap"
    ALLOCS = "allocs"
    MUTEX = "mutex"
    BLOCK = "block"
    THREADCREATE = "threadcreate"
    CPU = "cpu"
    METRICS = "metrics"
    HISTORY = "history"
    SERVICE_LOG = "service.log"
    GATEWAY_LOG = "gateway.log"
    KERNEL_LOG = "kernel.log"
    KUBELET_LOG = "kubelet.log"
    PODS = "pods"
    EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Target:
    """One process instance of a service.

    Attributes:
        service: the service's name in the configuration, or the name given on the command line.
        instance: what people call this process: `host:port`, a pod's name; a file's name for evidence read from files.
        url: base URL of its pprof server, without the pprof path; empty when it cannot be asked any more.
    """

    service: str
    instance: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Raw bytes of one kind, and where they came from.

    Attributes:
        kind: what the bytes are.
        name: file name in a bundle: `goroutine.pb.gz`, `goroutine.txt` (debug=2), `goroutine.debug1.txt`, `service.log`.
        content: the bytes, or the file that holds them (large files are read as a stream, never whole).
        source: what a person would call the place: a URL without credentials, a path, `standard input`.
        target: the instance it belongs to; None when it belongs to the whole service (gateway logs, events).
        collected_at: when it was taken (UTC).
        duration_seconds: how long the pull took.
        frozen_seconds: how long the pull froze the program, by estimate.
        sample: 0 for the first sample, 1 for the second one of the same run.
        truncated: the byte cap was reached; the rest was not read.
        masked: how many secrets were masked in it before it was kept.
    """

    kind: Kind
    name: str
    content: bytes | Path
    source: str
    collected_at: datetime
    target: Target | None = None
    duration_seconds: float = 0.0
    frozen_seconds: float = 0.0
    sample: int = 0
    truncated: bool = False
    masked: int = 0

    @property
    def size_bytes(self) -> int:
        """How many bytes the evidence holds; none when it is missing."""
        if self.missing_file:
            return 0
        return self.content.stat().st_size if isinstance(self.content, Path) else len(self.content)

    @property
    def missing_file(self) -> Path | None:
        """The file that held the bytes, where it is gone; None where they are there."""
        return self.content if isinstance(self.content, Path) and not self.content.exists() else None

    @property
    def instance(self) -> str:
        """The instance's name, empty for evidence of the whole service."""
        return self.target.instance if self.target else ""

    def open(self) -> BinaryIO:
        """Open the bytes for reading, from their start."""
        return self.content.open("rb") if isinstance(self.content, Path) else io.BytesIO(self.content)

    def read(self) -> bytes:
        """Return all bytes; for kinds that are small by nature (metrics, profiles, pods)."""
        return self.content.read_bytes() if isinstance(self.content, Path) else self.content


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectFailure:
    """Evidence that could not be had, and why: shown in the answer, never dropped.

    Attributes:
        kind: what was asked for.
        target: whom we asked; None for a source of the whole service.
        reason: one phrase for people, such as `404: needs Go 1.27` or `no answer within 10 s`.
        overdue: it was not asked for any more, because the answer was due.
        withheld: we chose not to pull, because it would have frozen the program longer than allowed.
        would_freeze_seconds, longest_freeze_seconds: what a pull that was withheld would have frozen, by estimate: in all, and
            at once.
    """

    kind: Kind
    reason: str
    target: Target | None = None
    overdue: bool = False
    withheld: bool = False
    would_freeze_seconds: float = 0.0
    longest_freeze_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The evidence of one collection of one service, of one or more targets, with an optional earlier one to compare with.

    Attributes:
        service: the service's name.
        taken_at: when the collection started (UTC).
        targets: every instance that was looked at, those that did not answer included.
        evidence: what was collected.
        failures: what was not, and why.
        baseline: an earlier bundle of the same service.
        routine: taken on a schedule, under whatever load there was then: as a baseline it shows what has changed, but growth
            is not measured from it.
        about: facts of the recording that no evidence shows, from `meta.yaml` (for example `failure`, `go_version`).
    """

    service: str
    taken_at: datetime
    targets: tuple[Target, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    failures: tuple[CollectFailure, ...] = ()
    baseline: Bundle | None = None
    routine: bool = False
    about: dict[str, str] = field(default_factory=dict)
