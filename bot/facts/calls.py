"""`blocked_calls`: library calls in which goroutines wait, and the share of all requests that wait there."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.facts.census import Census, SeenGroup, normalised
from bot.facts.culprit import Ownership
from bot.facts.goroutines import wait_minutes
from bot.facts.numbers import median, share
from bot.facts.readings import shorten
from bot.model.facts import BlockedCallRow

CALLS = {
    "database/sql.(*DB).conn": "database",
    "database/sql.(*DB).BeginTx": "database",
    "database/sql.(*Tx).Commit": "database",
    "database/sql.(*Tx).Rollback": "database",
    "database/sql.(*Rows).Next": "database",
    "database/sql.ctxDriverPrepare": "database",
    "database/sql.ctxDriverExec": "database",
    "database/sql.ctxDriverQuery": "database",
    "database/sql.ctxDriverStmtExec": "database",
    "database/sql.ctxDriverStmtQuery": "database",
    "github.com/jackc/pgx/pgxpool.(*Pool).Acquire": "database",
    "github.com/jackc/pgx.(*Conn).Query": "database",
    "github.com/jackc/pgx.(*Conn).Exec": "database",
    "go.mongodb.org/mongo-driver/x/mongo/driver.Operation.Execute": "database",
    "github.com/redis/go-redis.(*baseClient).process": "redis",
    "github.com/go-redis/redis.(*baseClient).process": "redis",
    "github.com/gomodule/redigo/redis.(*Pool).GetContext": "redis",
    "github.com/gomodule/redigo/redis.(*activeConn).Do": "redis",
    "google.golang.org/grpc.(*ClientConn).Invoke": "grpc",
    "google.golang.org/grpc.(*clientStream).RecvMsg": "grpc",
    "google.golang.org/grpc.(*clientStream).SendMsg": "grpc",
    "net/http.(*Client).Do": "http-client",
    "net/http.(*Client).do": "http-client",
    "net/http/httputil.(*ReverseProxy).ServeHTTP": "http-client",
    "net/http.(*Transport).RoundTrip": "http-client",
    "net/http.(*bodyEOFSignal).Read": "http-client",
    "sync.(*RWMutex).RLock": "lock",
    "sync.(*RWMutex).Lock": "lock",
    "sync.(*Mutex).Lock": "lock",
    "golang.org/x/sync/semaphore.(*Weighted).Acquire": "lock",
}
"""Function (normalised: without `/v5`) → family. The first one that stands in a stack, in this order, names its call."""

_CHANNEL_STATES = ("chan send", "chan receive", "chan send (nil chan)", "chan receive (nil chan)", "select (no cases)")
_MOVING = frozenset({"running", "runnable", "copystack", "preempted", "idle", "dead"})
_REQUEST = (
    "net/http.serverHandler.ServeHTTP",
    "net/http.HandlerFunc.ServeHTTP",
    "google.golang.org/grpc.(*Server).handleStream",
    "github.com/valyala/fasthttp.(*Server).serveConn",
)


@dataclass(slots=True)
class _Blocked:
    """Goroutines that wait in one call, added up."""

    call: str
    family: str
    groups: list[SeenGroup] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many goroutines."""
        return sum(seen.group.count for seen in self.groups)


def blocked_calls(census: Census, ownership: Ownership) -> list[BlockedCallRow]:
    """Return one row per call, the most frequent first; function, file and line are those of its largest group."""
    found: dict[str, _Blocked] = {}
    for seen in census.groups:
        call = _call(seen)
        if call and seen.group.state not in _MOVING:
            found.setdefault(call[0], _Blocked(*call)).groups.append(seen)
    requests = sum(seen.group.count for seen in census.groups if _serves_request(seen))
    rows = [_row(blocked, requests, ownership) for blocked in found.values()]
    return sorted(rows, key=lambda row: (-row.count, row.call))


def _call(seen: SeenGroup) -> tuple[str, str] | None:
    """Return (call, family) of a group; a channel operation within a request counts when no library call explains it."""
    printed = {normalised(frame.function): frame.function for frame in seen.group.stack}
    for name, family in CALLS.items():
        if name in printed:
            return printed[name], family
    if seen.group.state in _CHANNEL_STATES and _serves_request(seen):
        return seen.group.state, "channel"
    return None


def _serves_request(seen: SeenGroup) -> bool:
    return any(frame.function.startswith(_REQUEST) for frame in seen.group.stack)


def _row(blocked: _Blocked, requests: int, ownership: Ownership) -> BlockedCallRow:
    largest = max(blocked.groups, key=lambda seen: seen.group.count)
    place = ownership.waiting_place(largest.group.stack, largest.group.created_by)
    serving = sum(seen.group.count for seen in blocked.groups if _serves_request(seen))
    waits = [(minutes, seen.group.count) for seen in blocked.groups if (minutes := wait_minutes(seen.group)) is not None]
    return BlockedCallRow(
        call=blocked.call,
        family=blocked.family,
        count=blocked.count,
        request_share_ratio=share(serving, requests) if requests else None,
        wait_minutes=median(waits),
        function=place.function,
        file=place.file,
        line=place.line,
        target=largest.evidence.instance,
        evidence=largest.evidence.name,
        locator=largest.group.locator,
        excerpt=shorten(largest.group.excerpt, place.function),
    )
