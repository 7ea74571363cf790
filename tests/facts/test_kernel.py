from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from snapshots import NOW, TARGET, parsed, shared_benign, snapshot

from bot.facts.derive import derive
from bot.model.facts import ExitRow
from bot.model.logs import LogEvent, LogReading
from bot.model.snapshot import KubernetesList, Parsed

UID = "9f3c1b2a-77aa-4c1d-9e2f-aa11bb22cc33"
LIMIT = (
    "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/kubepods.slice/pod{uid}.slice,"
    "task_memcg=/kubepods.slice/pod{uid}.slice/cri-containerd-0a.scope,task=checkout,pid=4711,uid=0"
)
MACHINE = "oom-kill:constraint=CONSTRAINT_NONE,global_oom,task_memcg=/system.slice/checkout.service,task=checkout,pid=4711,uid=0"
SENTENCE = "Memory cgroup out of memory: Killed process 4711 (checkout) total-vm:1264312kB, anon-rss:523180kB, UID:0"
OLD_SENTENCE = "Out of memory: Kill process 4711 (checkout) score 912 or sacrifice child"


def kernel_log(*lines: str) -> Parsed:
    events = tuple(LogEvent(text=line, sample=line, count=1, last_seen=NOW - timedelta(minutes=1)) for line in lines)
    return parsed("kernel.log", LogReading(transport="plain", lines=len(events), events=events), target=None)


def pod(uid: str, *, reason: str = "") -> dict[str, Any]:
    ended = {"lastState": {"terminated": {"reason": reason, "exitCode": 137}}} if reason else {}
    return {"metadata": {"name": TARGET.instance, "uid": uid}, "status": {"containerStatuses": [ended]}}


def pods(*found: dict[str, Any]) -> Parsed:
    return parsed("pods.json", KubernetesList(found), target=None)


def exits(*readings: Parsed) -> tuple[ExitRow, ...]:
    return derive(snapshot(*readings), benign=shared_benign()).exits


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([LIMIT.format(uid=UID), SENTENCE], "OOMKilled"),
        ([MACHINE, OLD_SENTENCE], "SystemOOM"),
        ([SENTENCE], "OOMKilled"),
        ([OLD_SENTENCE], "SystemOOM"),
    ],
)
def test_a_kill_is_one_exit_whichever_words_tell_of_it(lines: list[str], reason: str) -> None:
    (row,) = exits(kernel_log(*lines))
    assert (row.instance, row.reason, row.exit_code, row.requested_by, row.age_seconds) == ("checkout", reason, 137, "kernel", 60)


@pytest.mark.parametrize("uid", [UID, UID.replace("-", "_")])
def test_a_kill_is_given_to_the_pod_it_struck(uid: str) -> None:
    (row,) = exits(kernel_log(LIMIT.format(uid=uid)), pods(pod(UID)))
    assert row.instance == TARGET.instance


def test_a_neighbours_kill_is_not_the_services() -> None:
    other = "11111111-2222-3333-4444-555555555555"
    assert exits(kernel_log(LIMIT.format(uid=other)), pods(pod(UID))) == ()
    assert exits(kernel_log(MACHINE), pods(pod(UID))) == ()


def test_a_kill_that_the_pod_tells_of_is_not_told_twice() -> None:
    (row,) = exits(kernel_log(LIMIT.format(uid=UID)), pods(pod(UID, reason="OOMKilled")))
    assert row.evidence == "pods.json"


def test_other_lines_of_the_kernel_are_no_exits() -> None:
    assert exits(kernel_log("checkout invoked oom-killer: gfp_mask=0xcc0", "usb 1-1: new device", "Killed process 4711")) == ()
