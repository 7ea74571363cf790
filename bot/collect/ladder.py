"""The rungs of collecting from live targets, cheapest first. Each gives evidence and failures; none raises.

How long each one stops the program was measured on Go 1.27: a goroutine or heap profile not noticeably (3 ms at most), a leak
profile and a full dump in proportion to the goroutines. Whether that is allowed is decided elsewhere; here are the estimates.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from bot.collect.connection import Connection
from bot.collect.harvest import Harvest, gather
from bot.collect.pprof import PROTO_STARTS, Answer, Ask, Refusal, pull
from bot.errors import CollectError
from bot.model.access import Access, Limits
from bot.model.evidence import CollectFailure, Evidence, Kind, Target

Rung = Callable[[Target, float], Harvest]
"""What is asked of one target, and until when (`time.monotonic()`)."""

EXPVAR_PATH = "/debug/vars"
"""Where package expvar of Go's standard library puts the memory statistics: asked where there is no metrics page."""

DUMP_SECONDS_PER_GOROUTINE_AND_PASS = 13e-6
LEAK_SECONDS_PER_GOROUTINE = 0.9e-6
DUMP_BYTES_PER_GOROUTINE = 2048
DUMP_FIRST_BUFFER_BYTES = 1 << 20
DUMP_LAST_BUFFER_BYTES = 64 << 20


def freeze_estimate_seconds(goroutines: int, *, bytes_per_goroutine: int = DUMP_BYTES_PER_GOROUTINE) -> float:
    """Estimate how long `goroutine?debug=2` freezes the program in all, in seconds.

    The runtime stops the world to print into a buffer of 1 MiB, and starts again with twice the size until the text fits or the
    buffer has 64 MiB. Measured: 0.61 s for 10,000 goroutines, 7.7 s for 100,000.
    """
    text = min(max(goroutines * bytes_per_goroutine, DUMP_FIRST_BUFFER_BYTES), DUMP_LAST_BUFFER_BYTES)
    passes = math.ceil(math.log2(text / DUMP_FIRST_BUFFER_BYTES)) + 1
    return goroutines * passes * DUMP_SECONDS_PER_GOROUTINE_AND_PASS


def longest_freeze_estimate_seconds(goroutines: int) -> float:
    """Estimate the longest single freeze of `goroutine?debug=2`, in seconds: its last pass. Measured: 1.1 s for 100,000."""
    return goroutines * DUMP_SECONDS_PER_GOROUTINE_AND_PASS


def leak_freeze_estimate_seconds(goroutines: int) -> float:
    """Estimate how long `goroutineleak?debug=1` freezes the program, in seconds. Measured: 86 ms for 100,000 goroutines."""
    return goroutines * LEAK_SECONDS_PER_GOROUTINE


def collect_all(targets: Sequence[Target], rung: Callable[[Target], Harvest], *, fan_out: int) -> Harvest:
    """Climb one rung with every target, at most `fan_out` at a time; the result is in the targets' order."""
    if not targets:
        return Harvest()
    with ThreadPoolExecutor(max_workers=min(fan_out, len(targets)), thread_name_prefix="collect") as pool:
        return gather(pool.map(rung, targets))


class Collector:
    """The targets of one service during one run: connections, limits, and what was learned about who answers.

    A target that could not be reached is not asked again in this run: it is ill enough. Safe to use from several threads; pulls
    from one target wait for each other. Use it as a context manager: it closes the connections.

    What is still going on at `until` (`time.monotonic()`) is given up: a target may be given less time than the limits do.

    Args:
        access: how the service's targets are reached.
        limits: what one pull may take.
        now: the clock (UTC).
        spool: directory for large answers; None keeps them in one that goes when the program ends.
    """

    def __init__(self, access: Access, limits: Limits, *, now: Callable[[], datetime], spool: Path | None = None) -> None:
        self._access = access
        self._limits = limits
        self._now = now
        self._spool = spool
        self._lock = threading.Lock()
        self._conversations: dict[str, _Conversation] = {}

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the connections."""
        for conversation in self._conversations.values():
            conversation.close()

    def first(self, target: Target, until: float = math.inf) -> Harvest:
        """Goroutine profile as proto, or as `debug=1` text where that is refused; then the metrics page."""
        return gather((self._goroutines(target, until, sample=0), self._metrics(target, until, sample=0)))

    def heap(self, target: Target, until: float = math.inf) -> Harvest:
        """Heap profile, and the mutex and block profiles (empty where the program has not switched them on)."""
        return gather(self._take(target, self._profile(kind), until) for kind in (Kind.HEAP, Kind.MUTEX, Kind.BLOCK))

    def second(self, target: Target, until: float = math.inf) -> Harvest:
        """Take the second sample: goroutine profile, heap profile and metrics page again."""
        heap = self._take(target, self._profile(Kind.HEAP), until, sample=1)
        return gather((self._goroutines(target, until, sample=1), heap, self._metrics(target, until, sample=1)))

    def leaks(self, target: Target, until: float = math.inf, *, frozen_seconds: float = 0.0) -> Harvest:
        """Goroutines that the runtime proves to be leaked (Go 1.27 on); `frozen_seconds` is the estimate to note down."""
        starts = (b"goroutineleak profile:",)
        ask = Ask(Kind.GOROUTINELEAK, "goroutineleak.txt", self._path("goroutineleak?debug=1"), starts, "needs Go 1.27")
        return self._take(target, ask, until, frozen_seconds=frozen_seconds)

    def full_dump(self, target: Target, until: float = math.inf, *, frozen_seconds: float = 0.0) -> Harvest:
        """The full goroutine dump (`debug=2`): minutes, addresses, creators; `frozen_seconds` is the estimate to note down."""
        ask = Ask(Kind.GOROUTINE, "goroutine.txt", self._path("goroutine?debug=2"), (b"goroutine ",))
        return self._take(target, ask, until, frozen_seconds=frozen_seconds)

    def _goroutines(self, target: Target, until: float, *, sample: int) -> Harvest:
        conversation = self._conversation(target)
        ask = self._profile(Kind.GOROUTINE)
        result = conversation.ask(ask, until)
        if isinstance(result, Refusal) and result.other_form:
            text = Ask(Kind.GOROUTINE, "goroutine.debug1.txt", self._path("goroutine?debug=1"), (b"goroutine profile:",))
            again = conversation.ask(text, until)
            if isinstance(again, Answer):
                ask, result = text, again
        return self._harvest(target, ask, result, sample=sample)

    def _metrics(self, target: Target, until: float, *, sample: int) -> Harvest:
        if not self._access.metrics_path:
            return Harvest()
        path = "/" + self._access.metrics_path.lstrip("/")
        missing = "no metrics page here; set metrics_path or metrics_port in the configuration"
        ask = Ask(Kind.METRICS, "metrics.txt", path, (), missing, "metrics page")
        result = self._conversation(_at_port(target, self._access.metrics_port)).ask(ask, until)
        if isinstance(result, Refusal) and result.missing and path != EXPVAR_PATH:
            variables = Ask(Kind.METRICS, "metrics.json", EXPVAR_PATH, (b"{",), missing, "page of variables")
            again = self._conversation(target).ask(variables, until)
            if isinstance(again, Answer):
                ask, result = variables, again
        return self._harvest(target, ask, result, sample=sample)

    def _profile(self, kind: Kind) -> Ask:
        return Ask(kind, f"{kind}.pb.gz", self._path(kind), PROTO_STARTS)

    def _path(self, profile: str) -> str:
        return f"/{self._access.pprof_path.strip('/')}/{profile}"

    def _take(self, target: Target, ask: Ask, until: float, *, sample: int = 0, frozen_seconds: float = 0.0) -> Harvest:
        result = self._conversation(target).ask(ask, until)
        return self._harvest(target, ask, result, sample=sample, frozen_seconds=frozen_seconds)

    def _harvest(
        self, target: Target, ask: Ask, result: Answer | Refusal, *, sample: int = 0, frozen_seconds: float = 0.0
    ) -> Harvest:
        if isinstance(result, Refusal):
            return Harvest(failures=(CollectFailure(kind=ask.kind, target=target, reason=result.reason),))
        evidence = Evidence(
            kind=ask.kind,
            name=ask.name,
            content=result.content,
            source=result.source,
            collected_at=self._now(),
            target=target,
            duration_seconds=result.duration_seconds,
            frozen_seconds=frozen_seconds,
            sample=sample,
        )
        return Harvest(evidence=(evidence,))

    def _conversation(self, target: Target) -> _Conversation:
        with self._lock:
            if target.url not in self._conversations:
                self._conversations[target.url] = _Conversation(target.url, self._access, self._limits, self._spool)
            return self._conversations[target.url]


def _at_port(target: Target, port: int | None) -> Target:
    """Return the target with another port in its URL; a unix socket has none, and stays.

    >>> _at_port(Target("shop", "a", "http://[::1]:6060/x"), 9090).url
    'http://[::1]:9090/x'
    """
    parts = urlsplit(target.url)
    if port is None or parts.scheme not in ("http", "https"):
        return target
    host = parts.netloc[: parts.netloc.rfind(":")] if parts.port is not None else parts.netloc
    return replace(target, url=urlunsplit(parts._replace(netloc=f"{host}:{port}")))


class _Conversation:
    """One target during one run: its connection, and why it is not asked any more."""

    def __init__(self, url: str, access: Access, limits: Limits, spool: Path | None) -> None:
        self._limits = limits
        self._spool = spool
        self._lock = threading.Lock()
        self._answered = False
        self._given_up = "has no address: it is gone, or was never asked"
        self._connection: Connection | None = None
        if url:
            try:
                self._connection = Connection(url, access, limits)
            except CollectError as error:
                self._given_up = str(error)

    def ask(self, ask: Ask, until: float) -> Answer | Refusal:
        """Pull, unless the target could not be reached, or kept us waiting before it ever answered."""
        with self._lock:
            if self._connection is None:
                return Refusal(self._given_up)
            limits = replace(self._limits, due_at=min(until, self._limits.due_at))
            result = pull(self._connection, ask, limits=limits, directory=self._spool)
            if isinstance(result, Refusal) and (result.unreachable or (result.late and not self._answered)):
                self._given_up = result.reason
                self.close()
            else:
                self._answered = True
            return result

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
