from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from bot.model.diagnosis import (
    Culprit,
    Diagnosis,
    DumpCounts,
    Finding,
    NotEvaluated,
    Proof,
    SimilarIncident,
    TargetReport,
)
from bot.model.evidence import CollectFailure, Kind
from bot.model.facts import ChangeRow
from bot.model.incident import Incident, Status, TimelineEvent
from bot.model.rule import Confidence, Severity

DATA = Path(__file__).parent / "data"
STARTED = datetime(2026, 11, 20, 14, 2, 11, tzinfo=UTC)

STACK = """\
goroutine 412 [chan send, 31 minutes]:
example.com/shop.(*Pool).fetch.func1()
\t/src/shop/pool.go:88 +0x85
created by example.com/shop.(*Pool).fetch in goroutine 31
\t/src/shop/pool.go:84 +0x1c5

goroutine 413 [chan send, 31 minutes]:
example.com/shop.(*Pool).fetch.func1()
\t/src/shop/pool.go:88 +0x85
created by example.com/shop.(*Pool).fetch in goroutine 32
\t/src/shop/pool.go:84 +0x1c5

goroutine 414 [chan send, 30 minutes]:
example.com/shop.(*Pool).fetch.func1()
\t/src/shop/pool.go:88 +0x85
"""

RUNBOOK = """\
## Meaning

**412 goroutines** of `checkout` wait to send on a channel that nobody receives from any more, in
`example.com/shop.(*Pool).fetch`. Each of them keeps its stack and everything it points to.

## Impact

Memory grows until the container is killed. New requests still work.

## Diagnosis

1. Look at the line that waits:

   ```sh
   curl -s 'http://10.0.3.7:6060/debug/pprof/goroutine?debug=1' | grep -A6 'shop.(\\*Pool).fetch'
   ```

2. See who returns early: a `select` with `ctx.Done()` on the receiving side is the usual cause.

## Mitigation

- Restart the instance with the most goroutines first.
- Then give the sender a way out:

| change | effect |
|---|---|
| buffer of 1 | the late sender can leave |
| `select` with `ctx.Done()` | the sender leaves with the request |

## References

- [The Go memory model](https://go.dev/ref/mem)
"""


def finding(**changes: object) -> Finding:
    values = {
        "playbook": "goroutine-leak-channel-send",
        "failure_class": "goroutine-leak",
        "title": "Goroutines leak on a channel send",
        "severity": Severity.HIGH,
        "confidence": Confidence.CERTAIN,
        "summary": "412 goroutines are stuck sending in shop.(*Pool).fetch (pool.go:88)",
        "culprit": Culprit("example.com/shop.(*Pool).fetch", "/src/shop/pool.go", 88),
        "instances": ("10.0.3.7:6060", "10.0.3.8:6060"),
        "proofs": (Proof("goroutine", "10.0.3.7:6060", "lines 120-131", STACK),),
        "next_steps": (
            "Give the receiver a way out: buffer of 1, or `select` with `ctx.Done()` in example.com/shop.(*Pool).fetch",
            "Restart 10.0.3.7:6060 first: `kubectl -n shop delete pod -l app=checkout --field-selector status.podIP=10.0.3.7`",
        ),
        "fingerprint": "9f1c2e7a",
    }
    return Finding(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
def leak() -> Diagnosis:
    gateway = finding(
        playbook="gateway-502-reset",
        failure_class="gateway-502",
        title="The gateway answers 502",
        severity=Severity.MEDIUM,
        confidence=Confidence.LIKELY,
        summary="nginx answered 502 31 times for 10.0.3.7:8080: upstream prematurely closed connection",
        culprit=None,
        instances=(),
        proofs=(Proof("gateway.log", "/var/log/nginx/error.log", "line 7", "upstream prematurely closed connection"),),
        next_steps=("Compare the times with the restarts",),
        fingerprint="77aa",
    )
    heap = finding(
        playbook="heap-growth-site",
        failure_class="heap-growth",
        title="The heap grows at one site",
        severity=Severity.MEDIUM,
        confidence=Confidence.POSSIBLE,
        summary="cache.(*LRU).Put holds 412 MB (61%) of the heap",
        culprit=Culprit("example.com/shop/cache.(*LRU).Put", "/src/shop/cache/lru.go", 52),
        instances=("10.0.3.8:6060",),
        proofs=(Proof("heap", "10.0.3.8:6060", "record 3", "412 MB in example.com/shop/cache.(*LRU).Put"),),
        next_steps=("Bound the cache: nothing is ever removed from it",),
        fingerprint="5b0d",
    )
    return Diagnosis(
        service="checkout",
        started_at=STARTED,
        duration_seconds=0.8421,
        verdict="412 goroutines are stuck sending in shop.(*Pool).fetch (pool.go:88)",
        targets=(
            TargetReport(
                instance="10.0.3.7:6060",
                collected=("goroutine", "heap"),
                failures=(CollectFailure(kind=Kind.GOROUTINELEAK, reason="404: needs Go 1.27"),),
                frozen_seconds=0.0,
                bytes=41231,
            ),
            TargetReport(
                instance="10.0.3.8:6060", collected=("goroutine", "heap"), failures=(), frozen_seconds=0.003, bytes=39800
            ),
            TargetReport(
                instance="10.0.3.9:6060",
                collected=(),
                failures=(CollectFailure(kind=Kind.GOROUTINE, reason="no answer within 10 s"),),
                frozen_seconds=0.0,
                bytes=0,
            ),
        ),
        findings=(finding(symptoms=(gateway,)), heap),
        not_evaluated=(
            NotEvaluated("heap-growth", ("heap baseline",)),
            NotEvaluated("heap-growth-map", ("heap baseline",)),
            NotEvaluated("cpu-throttled", ("runtime.cpu_throttled_ratio",)),
        ),
        dump=DumpCounts(seen=9960, parsed=9960, groups=22, truncated=False),
        masked=3,
        changes=(ChangeRow(kind="revision", before="4ac1d20", after="9f3e771", changed_at=STARTED, instance="10.0.3.7:6060"),),
        problems=("service.log: line 3 is not a log line of any known transport",),
        similar={
            "9f1c2e7a": (
                SimilarIncident(
                    "INC-3",
                    datetime(2026, 10, 1, 9, 30, tzinfo=UTC),
                    "resolved",
                    "buffer of 1 in fetch",
                    permalink="https://acme.slack.com/archives/C0SHOP/p1790847000000100",
                ),
            )
        },
        times_seen={"9f1c2e7a": 3},
        runbooks={"9f1c2e7a": RUNBOOK},
    )


@pytest.fixture
def healthy() -> Diagnosis:
    return Diagnosis(
        service="checkout",
        started_at=STARTED,
        duration_seconds=0.4,
        verdict="Nothing wrong found in goroutine, heap and metrics of 1 instance",
        targets=(
            TargetReport(
                instance="10.0.3.7:6060", collected=("goroutine", "heap", "metrics"), failures=(), frozen_seconds=0.0, bytes=512
            ),
        ),
        findings=(),
    )


@pytest.fixture
def incident() -> Incident:
    return Incident(
        number=7,
        service="checkout",
        title="412 goroutines are stuck sending in shop.(*Pool).fetch (pool.go:88)",
        status=Status.INVESTIGATING,
        severity="SEV2",
        dedup_key="checkout",
        opened_at=STARTED,
        opened_by="alertmanager",
    )


@pytest.fixture
def events() -> tuple[TimelineEvent, ...]:
    def event(minute: int, kind: str, text: str, actor: str, permalink: str = "") -> TimelineEvent:
        return TimelineEvent(
            number=minute,
            incident=7,
            kind=kind,
            text=text,
            actor=actor,
            occurred_at=STARTED.replace(minute=minute),
            recorded_at=STARTED.replace(minute=minute),
            permalink=permalink,
        )

    note = '=HYPERLINK("http://evil.example") | rolled back, <!channel>'
    return (
        event(1, "alert", "[FIRING:1] HighErrors (checkout)", "alertmanager", "https://shop.slack.com/archives/C1/p1"),
        event(2, "opened", "INC-7 opened", "gocrash"),
        event(3, "finding", "412 goroutines are stuck sending in shop.(*Pool).fetch (pool.go:88)", "gocrash"),
        event(12, "note", note, "Ana", "https://shop.slack.com/archives/C1/p4"),
        event(15, "status", "mitigated: rolled back to 4ac1d20", "Ana"),
    )


@pytest.fixture
def plain_console() -> Console:
    return Console(file=io.StringIO(), width=80)


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare with a file under data/; a missing one is written once, then the test asks for a look at it."""

    def check(name: str, shown: str) -> None:
        path = DATA / name
        if not path.exists():
            path.write_text(shown, encoding="utf-8")
            pytest.fail(f"wrote {path.name}: read it, then run again")
        assert shown == path.read_text(encoding="utf-8")

    return check
