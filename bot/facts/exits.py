"""`exits`: lives of processes that ended, from pod states and the kernel's log, and who asked for it."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.facts.kernel import kernel_exits
from bot.facts.kubernetes import Json, image, items, name, target_of, terminations, time_of
from bot.facts.readings import Instance
from bot.model.evidence import Kind
from bot.model.facts import EventRow, ExitRow

_SIGNAL_EXIT = 128
_AROUND = timedelta(minutes=5)
"""How far from its end an event may stand that asked for it; grace periods are shorter."""

_ASKERS = (
    ("probe", ("Killing",), "probe"),
    ("eviction", ("Evicted", "Preempted", "Preempting", "TaintManagerEviction", "NodeNotReady", "NodeShutdown"), ""),
    ("rollout", ("ScalingReplicaSet", "SuccessfulDelete"), ""),
    ("operator", ("Killing",), "Stopping container"),
)
"""(who asked, reasons of events, a word of the message), the surest sign first. `Killing` alone is said of every orderly stop."""


def exits(instances: Sequence[Instance], platform_events: Sequence[EventRow], taken_at: datetime) -> list[ExitRow]:
    """Return one row per life that ended, the latest first."""
    rows = kernel_exits(instances, taken_at)
    for evidence, pod in items(instances, Kind.PODS):
        for end in terminations(pod):
            started, ended = time_of(end, "startedAt"), time_of(end, "finishedAt")
            code = end.get("exitCode")
            row = ExitRow(
                instance=name(pod),
                started_at=started,
                ended_at=ended,
                life_seconds=(ended - started).total_seconds() if started and ended else None,
                age_seconds=(taken_at - ended).total_seconds() if ended else None,
                exit_code=code,
                signal=_signal(end.get("signal") or (code - _SIGNAL_EXIT if isinstance(code, int) else 0)),
                reason=end.get("reason"),
                revision=_revision(pod),
                target=target_of(pod, instances),
                evidence=evidence.name,
                locator=f"pod {name(pod)}",
                excerpt=f"{name(pod)}: {end.get('reason')} (exit {code})",
                requested_by=_asker(pod, end, platform_events),
            )
            rows.append(row)
    return sorted(rows, key=lambda row: (-row.ended_at.timestamp() if row.ended_at else 0.0, row.instance))


def _signal(number: int) -> str | None:
    """Return the name of a signal by its number on Linux; None for what is no signal."""
    return signal.Signals(number).name if number in set(signal.Signals) else None


def _revision(pod: Json) -> str | None:
    """Return the version a pod says it runs: its label, else the image's tag or digest."""
    label = ((pod.get("metadata") or {}).get("labels") or {}).get("app.kubernetes.io/version")
    if label:
        return str(label)
    tag = (image(pod) or "").rpartition("/")[2].partition(":")[2]
    return tag or None


def _asker(pod: Json, end: Json, platform_events: Sequence[EventRow]) -> str | None:
    """Return who ended a life, as far as the state or an event about that time says it."""
    if end.get("reason") == "OOMKilled":
        return "kernel"
    if (pod.get("status") or {}).get("reason") in {"Evicted", "Preempting", "NodeShutdown", "Terminated"}:
        return "eviction"
    ended = time_of(end, "finishedAt")
    near = [row for row in platform_events if ended and row.last_seen and abs(row.last_seen - ended) <= _AROUND]
    own = {f"pod/{name(pod)}", f"node/{(pod.get('spec') or {}).get('nodeName')}"}
    for asker, reasons, word in _ASKERS:
        for row in near:
            concerns = row.object in own or not row.object.startswith(("pod/", "node/"))
            if concerns and row.reason in reasons and word in row.message:
                return asker
    return None
