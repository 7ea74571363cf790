r"""Platform events as the kubelet's own log tells them: rows for `events`, where the events themselves have not been collected.

Kubernetes forgets events after an hour, a node's log holds them for days. Read are the lines that stand beside an event
(`prober.go`, `kuberuntime_manager.go`, `pod_workers.go` and `eviction_manager.go` in Kubernetes' `pkg/kubelet`):

    I1120 14:02:11.123456 12 prober.go:107] "Probe failed" probeType="Liveness" pod="shop/checkout-6d5f8b7c9d-x2k4q" … output="…"
    I1120 14:02:11.123456 12 kuberuntime_manager.go:1027] "Message for Container of pod" … containerMessage="Container app …"
    E1120 14:02:11.123456 12 pod_workers.go:1300] "Error syncing pod, skipping" err="… with CrashLoopBackOff: \"back-off 5m0s …"

A node's log tells of every pod on it: only those of the service count, known by `pods.json`, else by the service's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.facts.kubernetes import items, name
from bot.facts.readings import Instance, shorten
from bot.model.evidence import Evidence, Kind
from bot.model.facts import EventRow
from bot.model.logs import LogEvent, LogReading
from bot.model.workloads import is_of_workload

_TEXT = r'"((?:[^"\\]|\\.)*)"'
_POD = re.compile(rf" pod={_TEXT}")
_PROBE = re.compile(r'"Probe failed" probeType="(\w+)"')
_OUTPUT = re.compile(rf" output={_TEXT}")
_KILL = re.compile(rf'"Message for Container of pod" .* containerMessage={_TEXT}')
_BACK_OFF = re.compile(r'"Error syncing pod, skipping" err=".*? with CrashLoopBackOff: \\"([^"\\]*)')
_EVICTED = re.compile(r'"Eviction manager: (pod is evicted successfully)"')
_OLDER_PROBE = re.compile(r'(\w+) probe for "([^"_]+)_[^"]*" failed \(failure\): (.*)')
"""As Kubernetes printed it before 1.20."""


def kubelet_events(instances: Sequence[Instance], service: str) -> list[EventRow]:
    """Return one row per distinct event of the service's pods, the latest first."""
    known = {name(pod) for _, pod in items(instances, Kind.PODS)}
    rows = [
        _row(evidence, event, pod, reason, message)
        for instance in instances
        for evidence, log in instance.now.of(LogReading, Kind.KUBELET_LOG)
        for event in log.events
        for pod, reason, message in _told(event.sample)
        if (pod in known if known else is_of_workload(pod, service))
    ]
    return sorted(rows, key=lambda row: (-row.last_seen.timestamp() if row.last_seen else 0.0, -row.count, row.object))


def _told(line: str) -> Iterator[tuple[str, str, str]]:
    """Yield the pod, the reason and the message of the event that a line stands beside."""
    if older := _OLDER_PROBE.search(line):
        yield older[2], "Unhealthy", f"{older[1]} probe failed: {older[3]}"
    found = _POD.search(line)
    if found is None:
        return
    pod = found[1].rpartition("/")[2]
    if probe := _PROBE.search(line):
        output = _OUTPUT.search(line)
        yield pod, "Unhealthy", f"{probe[1]} probe failed: {_plain(output[1]) if output else ''}".rstrip()
    elif kill := _KILL.search(line):
        yield pod, "Killing", _plain(kill[1])
    elif back_off := _BACK_OFF.search(line):
        yield pod, "BackOff", back_off[1]
    elif evicted := _EVICTED.search(line):
        yield pod, "Evicted", evicted[1]


def _plain(quoted: str) -> str:
    return quoted.replace('\\"', '"').replace("\\n", "\n").strip()


def _row(evidence: Evidence, event: LogEvent, pod: str, reason: str, message: str) -> EventRow:
    return EventRow(
        reason=reason,
        object=f"pod/{pod}",
        message=message,
        count=event.count,
        first_seen=event.first_seen,
        last_seen=event.last_seen,
        target=evidence.instance,
        evidence=evidence.name,
        locator=event.locator,
        excerpt=shorten(event.sample),
    )
