"""The ladder of collecting, climbed: a rung is pulled, kept and parsed, and the next is decided on from what was parsed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.collect.harvest import Harvest
from bot.collect.ladder import (
    Collector,
    Rung,
    collect_all,
    freeze_estimate_seconds,
    leak_freeze_estimate_seconds,
    longest_freeze_estimate_seconds,
)
from bot.collect.logs import LogWindow, first_that_answers
from bot.model.evidence import CollectFailure, Evidence, Kind, Target
from bot.model.goroutines import GoroutineDump
from bot.model.snapshot import Parsed
from bot.model.units import format_duration
from bot.plan import Depth, Plan

FIRST_RUNG_SHARE = 1 / 3
"""Of the time until the answer is due, for the first rung: it tells who answers, and somebody may not, until the time is up."""


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
        read: Callable[[Evidence], Parsed],
    ) -> None:
        self._plan = plan
        self._collector = collector
        self._progress = progress
        self._keep = keep
        self._read = read
        self._due_at = plan.limits.due_at
        # Stored evidence knows only the name of its target.
        targets = {target.instance: target for target in plan.targets}
        known = [replace(piece, target=targets.get(piece.instance, piece.target)) for piece in already]
        self.parsed: list[Parsed] = [read(piece) for piece in known]
        self.failures: list[CollectFailure] = []

    def all_rungs(self) -> None:
        """Climb from the cheapest rung to the dearest that is allowed."""
        if not self._plan.targets:
            return
        many = len(self._plan.targets)
        whom = self._plan.targets[0].instance if many == 1 else f"{many} instances"
        share = self._first_share()
        self._rung(f"goroutines and metrics of {whom}", self._collector.first, have=(Kind.GOROUTINE, "", 0), share=share)
        if self._plan.depth < Depth.HEAP:
            return
        self._rung(f"heap of {whom}", self._collector.heap, have=(Kind.HEAP, "", 0))
        if self._plan.depth < Depth.ALL:
            return
        if self._plan.interval_seconds and self._answering():
            if time.monotonic() + self._plan.interval_seconds < self._due_at:
                self._progress(f"waiting {format_duration(self._plan.interval_seconds)} for a second sample")
                time.sleep(self._plan.interval_seconds)
                self._rung(f"second sample of {whom}", self._collector.second, have=(Kind.GOROUTINE, "", 1))
            else:
                self.failures += [self._overdue(Kind.GOROUTINE, target, "no second sample") for target in self._answering()]
        self._rung(f"leaked goroutines of {whom}", self._leaks, have=(Kind.GOROUTINELEAK, "", 0))
        self._rung(f"full dump of {whom}", self._full_dump, have=(Kind.GOROUTINE, "goroutine.txt", 0))

    def logs(self, now: datetime) -> None:
        """Read the configured logs, whether the service is alive or not."""
        window = self._window(now)
        for kind, sources in ((Kind.SERVICE_LOG, self._plan.logs), (Kind.GATEWAY_LOG, self._plan.gateway_logs)):
            if sources and not any(item.evidence.kind is kind for item in self.parsed) and self._in_time(kind):
                self._progress(f"{kind.removesuffix('.log')} log")
                self._add(first_that_answers(sources, window))

    def platform(self, now: datetime) -> None:
        """Ask the platform for pods and events, whether the service is alive or not."""
        if self._plan.platform and not any(item.evidence.kind is Kind.PODS for item in self.parsed) and self._in_time(Kind.PODS):
            self._progress("pods and events")
            self._add(self._plan.platform.read(self._window(now)))

    def _window(self, now: datetime) -> LogWindow:
        back = self._plan.since_seconds
        since = now - timedelta(seconds=back) if back is not None else None
        return LogWindow(now=now, since=since, max_bytes=self._plan.limits.max_bytes)

    def history(self, now: datetime) -> None:
        """Read the metrics of the last hours where they are kept, whether the service is alive or not."""
        source = self._plan.history
        known = any(item.evidence.kind is Kind.HISTORY for item in self.parsed)
        if source is not None and not known and self._in_time(Kind.HISTORY):
            self._progress("metrics history")
            self._add(source.read(now))

    def remembered(self, history: Evidence | None) -> None:
        """Take the history that light samples have made, where nobody else had one."""
        if history is not None and not any(item.evidence.kind is Kind.HISTORY for item in self.parsed):
            self._add(Harvest(evidence=(history,)))

    def _first_share(self) -> float:
        """Return which share of the time each target has on the first rung: the whole of it where nobody else is to be asked.

        One that hangs takes all it is given, and of more targets than are asked at once, one after the other may.
        """
        plan = self._plan
        if len(plan.targets) == 1 and not (plan.logs or plan.gateway_logs or plan.platform or plan.history):
            return 1.0
        return FIRST_RUNG_SHARE / math.ceil(len(plan.targets) / plan.fan_out)

    def _rung(self, step: str, rung: Rung, *, have: tuple[Kind, str, int], share: float = 1.0) -> None:
        """Climb one rung with every target that answers and of which the evidence is not there yet.

        Each target has that share of the time that is left.
        """
        targets = [target for target in self._answering() if not self._has(target, have)]
        if not targets:
            return
        self._progress(step)
        patience = (self._due_at - time.monotonic()) * share

        def in_time(target: Target) -> Harvest:
            late = self._late(have[0], target)
            return Harvest(failures=(late,)) if late else rung(target, time.monotonic() + patience)

        self._add(collect_all(targets, in_time, fan_out=self._plan.fan_out))

    def _in_time(self, kind: Kind) -> bool:
        """Say whether there is time left to ask for more; where there is none, note that this was left out."""
        late = self._late(kind, None)
        self.failures += [late] if late else []
        return late is None

    def _late(self, kind: Kind, target: Target | None) -> CollectFailure | None:
        """Return why something is no longer asked for; None while there is time."""
        return None if time.monotonic() < self._due_at else self._overdue(kind, target, "not asked any more")

    def _overdue(self, kind: Kind, target: Target | None, what: str) -> CollectFailure:
        due = format_duration(self._plan.answer_seconds or 0.0)
        return CollectFailure(kind=kind, target=target, reason=f"{what}: the answer was due after {due}", overdue=True)

    def _leaks(self, target: Target, until: float) -> Harvest:
        seconds = leak_freeze_estimate_seconds(self._goroutines(target))
        if refusal := self._too_dear(target, Kind.GOROUTINELEAK, seconds):
            return refusal
        return self._collector.leaks(target, until, frozen_seconds=seconds)

    def _full_dump(self, target: Target, until: float) -> Harvest:
        seconds = freeze_estimate_seconds(self._goroutines(target))
        if refusal := self._too_dear(target, Kind.GOROUTINE, seconds):
            return refusal
        return self._collector.full_dump(target, until, frozen_seconds=seconds)

    def _too_dear(self, target: Target, kind: Kind, seconds: float) -> Harvest | None:
        """Return the reason for not pulling when it would freeze the target longer than allowed in all."""
        spent = sum(item.evidence.frozen_seconds for item in self.parsed if item.evidence.instance == target.instance)
        most = self._plan.max_freeze_seconds
        if most is None or spent + seconds <= most:
            return None
        what = "full dump" if kind is Kind.GOROUTINE else "leak profile"
        reason = f"the {what} would freeze it for about {format_duration(seconds)}, more than the {format_duration(most)} allowed"
        longest = longest_freeze_estimate_seconds(self._goroutines(target)) if kind is Kind.GOROUTINE else seconds
        withheld = CollectFailure(
            kind=kind,
            target=target,
            reason=reason,
            withheld=True,
            would_freeze_seconds=seconds,
            longest_freeze_seconds=longest,
        )
        return Harvest(failures=(withheld,))

    def _goroutines(self, target: Target) -> int:
        """Return how many goroutines the target has, as the first rung saw it."""
        own = (item.reading for item in self.parsed if item.evidence.instance == target.instance)
        return max((reading.seen for reading in own if isinstance(reading, GoroutineDump)), default=0)

    def _answering(self) -> list[Target]:
        """Return the targets worth asking: all at first, then those that gave anything."""
        heard = {item.evidence.instance for item in self.parsed}
        failed = {failure.target.instance for failure in self.failures if failure.target}
        return [target for target in self._plan.targets if target.instance in heard or target.instance not in failed]

    def _has(self, target: Target, have: tuple[Kind, str, int]) -> bool:
        kind, name, sample = have
        own = [item.evidence for item in self.parsed if item.evidence.instance == target.instance]
        return any(piece.kind is kind and piece.sample == sample and piece.name.startswith(name) for piece in own)

    def _add(self, harvest: Harvest) -> None:
        self.parsed += [self._read(self._keep(evidence)) for evidence in harvest.evidence]
        self.failures += harvest.failures
