"""The ladder of collecting, climbed: a rung is pulled, kept and parsed, and the next is decided on from what was parsed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.collect.harvest import Harvest
from bot.collect.ladder import Collector, Rung, collect_all, freeze_estimate_seconds, leak_freeze_estimate_seconds
from bot.collect.logs import FileLogs, LogWindow, first_that_answers
from bot.model.access import Access, Limits
from bot.model.evidence import CollectFailure, Evidence, Kind, Target
from bot.model.goroutines import GoroutineDump
from bot.model.snapshot import Parsed
from bot.model.units import format_duration
from bot.parse.read import read


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is collected from live targets, and within which limits.

    Attributes:
        targets: every instance to look at.
        access, limits: how they are reached, and what one pull may take.
        fan_out: how many are asked at once.
        interval_seconds: pause before the second sample; 0 takes none.
        max_freeze_seconds: what leak profile and full dump together may freeze one instance; None allows anything.
        logs, gateway_logs: files or globs that are read as well, of each the first that there is.
        since_seconds: how far back logs are read; None reads them whole, within the limits.
    """

    targets: tuple[Target, ...] = ()
    access: Access = field(default_factory=Access)
    limits: Limits = field(default_factory=Limits)
    fan_out: int = 8
    interval_seconds: float = 5.0
    max_freeze_seconds: float | None = 0.25
    logs: tuple[str, ...] = ()
    gateway_logs: tuple[str, ...] = ()
    since_seconds: float | None = None


class Climb:
    """One climb of the ladder: what was parsed so far, and what could not be had."""

    def __init__(
        self,
        plan: Plan,
        collector: Collector,
        *,
        progress: Callable[[str], None],
        keep: Callable[[Evidence], Evidence],
        already: Sequence[Evidence],
    ) -> None:
        self._plan = plan
        self._collector = collector
        self._progress = progress
        self._keep = keep
        self.parsed: list[Parsed] = [read(evidence) for evidence in already]
        self.failures: list[CollectFailure] = []

    def all_rungs(self) -> None:
        """Climb from the cheapest rung to the dearest that is allowed."""
        if not self._plan.targets:
            return
        many = len(self._plan.targets)
        whom = self._plan.targets[0].instance if many == 1 else f"{many} instances"
        self._rung(f"goroutines and metrics of {whom}", self._collector.first, have=(Kind.GOROUTINE, "", 0))
        self._rung(f"heap of {whom}", self._collector.heap, have=(Kind.HEAP, "", 0))
        if self._plan.interval_seconds and self._answering():
            self._progress(f"waiting {format_duration(self._plan.interval_seconds)} for a second sample")
            time.sleep(self._plan.interval_seconds)
            self._rung(f"second sample of {whom}", self._collector.second, have=(Kind.GOROUTINE, "", 1))
        self._rung(f"leaked goroutines of {whom}", self._leaks, have=(Kind.GOROUTINELEAK, "", 0))
        self._rung(f"full dump of {whom}", self._full_dump, have=(Kind.GOROUTINE, "goroutine.txt", 0))

    def logs(self, now: datetime) -> None:
        """Read the configured log files; they belong to the service, alive or not."""
        back = self._plan.since_seconds
        since = now - timedelta(seconds=back) if back is not None else None
        window = LogWindow(now=now, since=since, max_bytes=self._plan.limits.max_bytes)
        for kind, patterns in ((Kind.SERVICE_LOG, self._plan.logs), (Kind.GATEWAY_LOG, self._plan.gateway_logs)):
            if patterns and not self._has(None, (kind, "", 0)):
                self._progress(f"{kind.removesuffix('.log')} log")
                self._add(first_that_answers([FileLogs(pattern, kind) for pattern in patterns], window))

    def _rung(self, step: str, rung: Rung, *, have: tuple[Kind, str, int]) -> None:
        """Climb one rung with every target that answers and of which the evidence is not there yet."""
        targets = [target for target in self._answering() if not self._has(target, have)]
        if targets:
            self._progress(step)
            self._add(collect_all(targets, rung, fan_out=self._plan.fan_out))

    def _leaks(self, target: Target) -> Harvest:
        seconds = leak_freeze_estimate_seconds(self._goroutines(target))
        if refusal := self._too_dear(target, Kind.GOROUTINELEAK, seconds):
            return refusal
        return self._collector.leaks(target, frozen_seconds=seconds)

    def _full_dump(self, target: Target) -> Harvest:
        seconds = freeze_estimate_seconds(self._goroutines(target))
        if refusal := self._too_dear(target, Kind.GOROUTINE, seconds):
            return refusal
        return self._collector.full_dump(target, frozen_seconds=seconds)

    def _too_dear(self, target: Target, kind: Kind, seconds: float) -> Harvest | None:
        """Return the reason for not pulling when it would freeze the target longer than allowed in all."""
        spent = sum(item.evidence.frozen_seconds for item in self.parsed if item.evidence.target == target)
        most = self._plan.max_freeze_seconds
        if most is None or spent + seconds <= most:
            return None
        what = "full dump" if kind is Kind.GOROUTINE else "leak profile"
        reason = f"the {what} would freeze it for about {format_duration(seconds)}, more than the {format_duration(most)} allowed"
        return Harvest(failures=(CollectFailure(kind=kind, target=target, reason=reason, withheld=True),))

    def _goroutines(self, target: Target) -> int:
        """Return how many goroutines the target has, as the first rung saw it."""
        dumps = (
            item.reading for item in self.parsed if item.evidence.target == target and isinstance(item.reading, GoroutineDump)
        )
        return max((dump.seen for dump in dumps), default=0)

    def _answering(self) -> list[Target]:
        """Return the targets worth asking: all at first, then those that gave anything."""
        heard = {item.evidence.target for item in self.parsed}
        failed = {failure.target for failure in self.failures}
        return [target for target in self._plan.targets if target in heard or target not in failed]

    def _has(self, target: Target | None, have: tuple[Kind, str, int]) -> bool:
        kind, name, sample = have
        pieces = (item.evidence for item in self.parsed)
        return any(
            piece.kind is kind and piece.target == target and piece.sample == sample and piece.name.startswith(name)
            for piece in pieces
        )

    def _add(self, harvest: Harvest) -> None:
        self.parsed += [read(self._keep(evidence)) for evidence in harvest.evidence]
        self.failures += harvest.failures
