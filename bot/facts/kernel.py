"""Processes that the kernel killed for want of memory, from its own log: rows for `exits`.

Since Linux 5.0 each kill has a line that says it all; before, and where that line is missing, the sentence below it is read:

    oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),…,task_memcg=/kubepods.slice/…pod9f3c….slice/…,task=checkout,pid=4711,uid=0
    Memory cgroup out of memory: Killed process 4711 (checkout) total-vm:1264312kB, anon-rss:523180kB, …

A node's log tells of every pod on it. Where it is known which pods are the service's, only their kills are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from bot.facts.kubernetes import Json, items, name, target_of, terminations
from bot.facts.readings import Instance, shorten
from bot.model.evidence import Evidence, Kind
from bot.model.facts import ExitRow
from bot.model.logs import LogEvent, LogReading

_LINE = re.compile(r"oom-kill:constraint=(CONSTRAINT_\w+),.*?task_memcg=([^,]*),task=([^,]+),pid=\d+")
_SENTENCE = re.compile(r"(Memory cgroup out of|Out of) memory(?:[^:]*): Kill(?:ed)? process \d+ \(([^)]+)\)")
_POD_UID = re.compile(r"pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})")
_KILL_EXIT = 137
_OF_A_LIMIT = {"CONSTRAINT_MEMCG", "Memory cgroup out of"}


class _Kill(NamedTuple):
    """One kill: what ran out (`CONSTRAINT_MEMCG`: a limit; otherwise the machine), where the process stood, its name."""

    constraint: str
    place: str
    task: str


def kernel_exits(instances: Sequence[Instance], taken_at: datetime) -> list[ExitRow]:
    """Return one row per process of the service that the kernel's log says was killed, unless its pod says so already.

    The reason is `OOMKilled` where a limit ran out and `SystemOOM`, as the kubelet calls it, where the machine's memory did.
    """
    pods = {str((pod.get("metadata") or {}).get("uid", "")): pod for _, pod in items(instances, Kind.PODS)}
    rows = []
    for evidence, event, kill in _kills(instances):
        uid = _POD_UID.search(kill.place)
        pod = pods.get(uid[1].replace("_", "-")) if uid else None
        if pods and (pod is None or _known(pod)):
            continue
        row = _row(evidence, event, kill, pod, target_of(pod, instances) if pod else "")
        rows.append(replace(row, age_seconds=(taken_at - row.ended_at).total_seconds() if row.ended_at else None))
    return rows


def _kills(instances: Sequence[Instance]) -> Iterator[tuple[Evidence, LogEvent, _Kill]]:
    """Yield the kills of each log by their line; by their sentence only in a log without such lines."""
    for instance in instances:
        for evidence, log in instance.now.of(LogReading, Kind.KERNEL_LOG):
            lines = [(event, _Kill(*found.groups())) for event in log.events if (found := _LINE.search(event.sample))]
            sentences = [
                (event, _Kill(found[1], "", found[2])) for event in log.events if (found := _SENTENCE.search(event.sample))
            ]
            yield from ((evidence, event, kill) for event, kill in lines or sentences)


def _known(pod: Json) -> bool:
    return any(end.get("reason") == "OOMKilled" for end in terminations(pod))


def _row(evidence: Evidence, event: LogEvent, kill: _Kill, pod: Json | None, target: str) -> ExitRow:
    return ExitRow(
        instance=name(pod) if pod else kill.task,
        ended_at=event.last_seen,
        exit_code=_KILL_EXIT,
        signal="SIGKILL",
        reason="OOMKilled" if kill.constraint in _OF_A_LIMIT else "SystemOOM",
        requested_by="kernel",
        target=target,
        evidence=evidence.name,
        locator=event.locator,
        excerpt=shorten(event.sample),
    )
