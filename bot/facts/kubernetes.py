"""`pods`, `events` and `exits`: what the platform says of the processes. Fields: https://kubernetes.io/docs/reference/kubernetes-api/."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.facts.readings import Instance
from bot.model.evidence import Evidence, Kind
from bot.model.facts import EventRow, PodRow
from bot.model.snapshot import KubernetesList

Json = Mapping[str, Any]

_QUANTITY = re.compile(r"(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)([numkKMGTPE]?i?)")
_FACTORS = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_BINARY_FACTORS = {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60}
_VARYING = re.compile(r"\d+")


def events(instances: Sequence[Instance]) -> list[EventRow]:
    """Return one row per distinct event of any instance (numbers in the message folded), the latest first."""
    rows: dict[tuple[str, str, str], EventRow] = {}
    for evidence, event in items(instances, Kind.EVENTS):
        about = event.get("involvedObject") or event.get("regarding") or {}
        message = str(event.get("message") or event.get("note") or "")
        row = EventRow(
            reason=str(event.get("reason") or ""),
            object=f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}",
            message=message,
            count=int(event.get("count") or (event.get("series") or {}).get("count") or event.get("deprecatedCount") or 1),
            first_seen=time_of(event, "firstTimestamp", "eventTime", "deprecatedFirstTimestamp"),
            last_seen=time_of(event, "lastTimestamp", "deprecatedLastTimestamp", "eventTime")
            or time_of(event.get("series") or {}, "lastObservedTime"),
            target=_target_named(str(about.get("name", "")), instances),
            evidence=evidence.name,
            locator=f"event {(event.get('metadata') or {}).get('name', '')}".strip(),
            excerpt=message,
        )
        key = (row.reason, row.object, _VARYING.sub("#", message))
        rows[key] = _added(rows[key], row) if key in rows else row
    return sorted(rows.values(), key=lambda row: (-_seconds(row.last_seen), -row.count, row.reason, row.object))


def pods(instances: Sequence[Instance], platform_events: Sequence[EventRow], taken_at: datetime) -> list[PodRow]:
    """Return one row per pod: the one with most restarts first."""
    before = {name(pod): _restarts(pod) for pod in _baseline_pods(instances)}
    rows = [
        _pod_row(
            pod,
            platform_events,
            evidence=evidence,
            taken_at=taken_at,
            restarts_before=before.get(name(pod)),
            target=target_of(pod, instances),
        )
        for evidence, pod in items(instances, Kind.PODS)
    ]
    return sorted(rows, key=lambda row: (not row.oom_killed, -row.restarts, row.name))


def items(instances: Sequence[Instance], kind: Kind) -> Iterator[tuple[Evidence, Json]]:
    """Yield every object of a kind of Kubernetes evidence, whichever instance it was filed under."""
    for instance in instances:
        for evidence, found in instance.now.of(KubernetesList, kind):
            yield from ((evidence, item) for item in found.items)


def target_of(pod: Json, instances: Sequence[Instance]) -> str:
    """Return the instance that runs in a pod: it bears the pod's name, or answers at its address; empty when none does."""
    address = (pod.get("status") or {}).get("podIP")
    by_address = (instance.name for instance in instances if address and instance.name.rpartition(":")[0] == address)
    return _target_named(name(pod), instances) or next(by_address, "")


def name(item: Json) -> str:
    """Return an object's name."""
    return str((item.get("metadata") or {}).get("name", ""))


def statuses(pod: Json) -> list[Json]:
    """Return the status of every container, the service's own first, as far as their order in the pod says."""
    status = pod.get("status") or {}
    return [*(status.get("containerStatuses") or []), *(status.get("initContainerStatuses") or [])]


def image(pod: Json) -> str | None:
    """Return the image of the first container."""
    containers = (pod.get("spec") or {}).get("containers") or [{}]
    found = containers[0].get("image")
    return str(found) if found else None


def quantity(text: object) -> float | None:
    """Return a Kubernetes quantity as a plain number; None for what is not one.

    >>> quantity("500m"), quantity("512Mi"), quantity(2), quantity("lots"), quantity("1e999")
    (0.5, 536870912.0, 2.0, None, None)
    """
    found = _QUANTITY.fullmatch(str(text)) if text is not None else None
    if found is None:
        return None
    number = float(found[1]) * (_BINARY_FACTORS.get(found[2]) or _FACTORS.get(found[2], math.nan))
    return number if math.isfinite(number) else None


def time_of(item: Json, *fields: str) -> datetime | None:
    """Return the first of the fields that holds a time; one without a zone is UTC."""
    for field in fields:
        if (text := item.get(field)) and isinstance(text, str):
            try:
                time = datetime.fromisoformat(text)
            except ValueError:
                continue
            return time if time.tzinfo else time.replace(tzinfo=UTC)
    return None


def _pod_row(
    pod: Json,
    platform_events: Sequence[EventRow],
    *,
    evidence: Evidence,
    taken_at: datetime,
    restarts_before: int | None,
    target: str,
) -> PodRow:
    status, spec = pod.get("status") or {}, pod.get("spec") or {}
    containers = statuses(pod)
    waiting = [state for found in containers if (state := (found.get("state") or {}).get("waiting"))]
    ended = sorted(terminations(pod), key=lambda end: _seconds(time_of(end, "finishedAt")))
    last = ended[-1] if ended else {}
    limits = ((spec.get("containers") or [{}])[0].get("resources") or {}).get("limits") or {}
    started = time_of(status, "startTime") or time_of(pod.get("metadata") or {}, "creationTimestamp")
    memory = quantity(limits.get("memory"))
    probes = [row.count for row in platform_events if row.object == f"pod/{name(pod)}" and row.reason == "Unhealthy"]
    return PodRow(
        name=name(pod),
        phase=str(status.get("phase", "Unknown")),
        restarts=_restarts(pod),
        restarts_in_window=_restarts(pod) - restarts_before if restarts_before is not None else None,
        waiting_reason=next((state.get("reason") for state in waiting), None),
        last_exit_code=last.get("exitCode"),
        last_reason=last.get("reason") or status.get("reason"),
        last_message=last.get("message") or next((state.get("message") for state in waiting), None) or status.get("message"),
        oom_killed=any(end.get("reason") == "OOMKilled" for end in ended),
        probe_failures=sum(probes) if platform_events else None,
        age_seconds=(taken_at - started).total_seconds() if started else None,
        image=image(pod),
        node=spec.get("nodeName"),
        cpu_limit_cores=quantity(limits.get("cpu")),
        memory_limit_bytes=int(memory) if memory is not None else None,
        target=target,
        evidence=evidence.name,
        locator=f"pod {name(pod)}",
        excerpt=f"{name(pod)}: {status.get('phase', '')}, {_restarts(pod)} restarts"
        + (f", last ended with {last.get('reason')} (exit {last.get('exitCode')})" if last else ""),
    )


def terminations(pod: Json) -> list[Json]:
    """Return how containers of a pod ended: the one before, and the present one if it has ended too."""
    states = [(found.get(key) or {}).get("terminated") for found in statuses(pod) for key in ("lastState", "state")]
    return [state for state in states if state]


def _restarts(pod: Json) -> int:
    return sum(int(found.get("restartCount") or 0) for found in statuses(pod))


def _baseline_pods(instances: Sequence[Instance]) -> Iterator[Json]:
    for instance in instances:
        for _, found in instance.before.of(KubernetesList, Kind.PODS):
            yield from found.items


def _target_named(pod: str, instances: Sequence[Instance]) -> str:
    return next((instance.name for instance in instances if instance.name and instance.name == pod), "")


def _added(one: EventRow, other: EventRow) -> EventRow:
    """Return two sightings of the same event as one row: the text of the first, counts and times of both."""
    firsts = [time for time in (one.first_seen, other.first_seen) if time]
    lasts = [time for time in (one.last_seen, other.last_seen) if time]
    return EventRow(
        reason=one.reason,
        object=one.object,
        message=one.message,
        count=one.count + other.count,
        first_seen=min(firsts, default=None),
        last_seen=max(lasts, default=None),
        target=one.target,
        evidence=one.evidence,
        locator=one.locator,
        excerpt=one.excerpt,
    )


def _seconds(time: datetime | None) -> float:
    return time.timestamp() if time else 0.0
