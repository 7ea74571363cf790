"""Events out of the kubelet's log: which lines tell of one, and whose they are."""

from __future__ import annotations

import io
from typing import Any

import pytest
from snapshots import parsed, shared_benign, snapshot

from bot.facts.derive import derive
from bot.model.facts import EventRow, Facts
from bot.model.snapshot import KubernetesList, Parsed
from bot.parse.log import parse_log
from bot.parse.sniff import sniff

HEAD = "Nov 20 14:02:11 node-4 kubelet[1187]: I1120 14:02:11.118204    1187 "
POD = "checkout-6d5f8b7c9d-x2k4q"
PROBE = (
    'prober.go:107] "Probe failed" probeType="{}" pod="shop/{}" podUID="9f" containerName="app" probeResult="failure" output={}'
)


def log(*lines: str) -> Parsed:
    text = "".join(f"{HEAD}{line}\n" for line in lines).encode()
    assert sniff(text) == "kubelet.log"
    return parsed("kubelet.log", parse_log(io.BytesIO(text)), target=None)


def facts(*readings: Parsed) -> Facts:
    return derive(snapshot(*readings), benign=shared_benign())


def told(*readings: Parsed) -> list[tuple[str, str, str, int]]:
    return [(row.reason, row.object, row.message, row.count) for row in facts(*readings).events]


def objects(kind: str, *items: dict[str, Any]) -> Parsed:
    return parsed(f"{kind}.json", KubernetesList(items), target=None)


KILL = (
    f'kuberuntime_manager.go:1027] "Message for Container of pod" containerName="app" pod="shop/{POD}" '
    'containerMessage="Container app failed startup probe, will be restarted"'
)
BACK_OFF = (
    r'pod_workers.go:1300] "Error syncing pod, skipping" err="failed to \"StartContainer\" for \"app\" with '
    rf'CrashLoopBackOff: \"back-off 5m0s restarting failed container=app pod={POD}_shop(9f)\"" pod="shop/{POD}" podUID="9f"'
)


@pytest.mark.parametrize(
    ("line", "reason", "message"),
    [
        (
            PROBE.format("Readiness", POD, r'"Get \"http://10.0.3.7/\": EOF"'),
            "Unhealthy",
            'Readiness probe failed: Get "http://10.0.3.7/": EOF',
        ),
        (PROBE.format("Liveness", POD, "<"), "Unhealthy", "Liveness probe failed:"),
        (
            KILL,
            "Killing",
            "Container app failed startup probe, will be restarted",
        ),
        (
            BACK_OFF,
            "BackOff",
            f"back-off 5m0s restarting failed container=app pod={POD}_shop(9f)",
        ),
        (
            f'eviction_manager.go:629] "Eviction manager: pod is evicted successfully" pod="shop/{POD}"',
            "Evicted",
            "pod is evicted successfully",
        ),
        (
            f'prober.go:107] Liveness probe for "{POD}_shop(9f):app" failed (failure): dial tcp 10.0.3.7:80: connection refused',
            "Unhealthy",
            "Liveness probe failed: dial tcp 10.0.3.7:80: connection refused",
        ),
    ],
)
def test_lines_that_stand_beside_an_event(line: str, reason: str, message: str) -> None:
    assert told(log(line, line)) == [(reason, f"pod/{POD}", message, 2)]


def test_lines_that_tell_of_nothing() -> None:
    assert told(log(f'kubelet.go:2542] "SyncLoop (PLEG)" pod="shop/{POD}"', 'kubelet.go:9] "Starting" pod=""')) == []


def test_only_pods_of_the_service_count() -> None:
    others = ("checkout-worker-5c6d7f8b9-zz4tk", "ledger-7f4c9d5b6-qq2zr", "checkouts-6d5f8b7c9d-x2k4q")
    lines = [PROBE.format("Liveness", name, '"no"') for name in (*others, POD)]
    assert [row[1] for row in told(log(*lines))] == [f"pod/{POD}"]
    pods = objects("pods", {"metadata": {"name": others[1]}})
    assert [row[1] for row in told(log(*lines), pods)] == [f"pod/{others[1]}"]


def test_where_there_are_events_the_log_is_not_counted_as_well() -> None:
    line = PROBE.format("Liveness", POD, '"no"')
    event = {
        "reason": "Unhealthy",
        "message": "Liveness probe failed: no",
        "involvedObject": {"kind": "Pod", "name": POD},
        "count": 7,
    }
    assert [row[3] for row in told(log(line), objects("events", event))] == [7]
    expired = told(log(line), objects("events"))
    assert [row[3] for row in expired] == [1]


def test_rows_say_where_they_stand() -> None:
    row: EventRow = facts(log(PROBE.format("Liveness", POD, '"no"'))).events[0]
    assert (row.evidence, row.locator, row.target) == ("kubelet.log", "line 1", "")
    assert "Probe failed" in row.excerpt
    assert [event.source for event in facts(log(PROBE.format("Liveness", POD, '"no"'))).log_events] == ["kubelet"]
