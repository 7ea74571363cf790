"""`crashes`: what killed the process, or a request, and where.

The culprit is looked for beneath the panic that began it all: frames above it belong to deferred functions, among them recover
middlewares that print the stack or raise the panic again. With several panics on one stack the outermost is the first one raised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.facts.culprit import Owner, Ownership, Place
from bot.facts.readings import Instance, shorten
from bot.model.evidence import Evidence
from bot.model.facts import CrashRow
from bot.model.functions import normalise_function
from bot.model.goroutines import Frame
from bot.model.logs import Crash, LogReading

_RAISING = re.compile(
    r"panic$|runtime\.(?:gopanic|goPanic\w*|panic\w*|sigpanic\w*|throw|fatal\w*|fatalthrow|goexit0)$"
    r"|(?:internal/)?(?:runtime/maps|sync|runtime)\.(?:fatal|throw)$"
)
_PANICKING = re.compile(r"panic$|runtime\.(?:gopanic|sigpanic\w*)$")
_SERVING = (
    "net/http.(*conn).serve",
    "net/http.serverHandler.ServeHTTP",
    "net/http.(*http2serverConn).runHandler",
    "net/http/internal/http2.(*serverConn).runHandler",
    "golang.org/x/net/http2.(*serverConn).runHandler",
    "google.golang.org/grpc.(*Server).handleStream",
    "google.golang.org/grpc.(*Server).processUnaryRPC",
    "github.com/valyala/fasthttp.(*Server).serveConn",
)
_INIT = re.compile(r"(?:.*/)?[^/.(]+\.init(?:\.\d+)?|runtime\.doInit\d*")
_ASKED_FOR = re.compile(
    r"runtime\.(?:map|chan|closechan|makechan|makeslice|growslice|selectgo|memmove|memclr|concatstring|newobject|cgocall)"
    r"|internal/runtime/maps\."
)
_VARYING = re.compile(r"0x[0-9a-f]+|\d+", re.IGNORECASE)
_LONGEST_CYCLE = 25
_REPEATS = 3


@dataclass(slots=True)
class _Repeats:
    """The same crash, as often as it was found."""

    evidence: Evidence
    first: Crash
    place: Place | None
    seen: dict[tuple[str, datetime | None], Evidence] = field(default_factory=dict)
    times: list[datetime] = field(default_factory=list)
    count: int = 0

    def add(self, crash: Crash, evidence: Evidence) -> None:
        """Count a crash, unless another file has shown the very same one: the logs that were read may overlap."""
        if self.seen.setdefault((crash.excerpt, crash.occurred_at), evidence) is not evidence:
            return
        self.count += 1
        if crash.occurred_at:
            self.times.append(crash.occurred_at)


def crashes(instance: Instance, ownership: Ownership) -> list[CrashRow]:
    """Return one row per distinct crash: those that ended the process first, then the most frequent, then the latest."""
    found: dict[tuple[str, str, str], _Repeats] = {}
    for evidence, crash in _all_crashes(instance):
        place = _place(crash, ownership)
        function = normalise_function(place.function) if place else ""
        message = crash.message if crash.kind == "exit" else _VARYING.sub("#", crash.message)  # its numbers say how it ended
        key = (crash.kind, message, function)
        found.setdefault(key, _Repeats(evidence, crash, place)).add(crash, evidence)
    rows = [_row(repeats, ownership) for repeats in found.values()]
    return sorted(rows, key=lambda row: (row.process_survived, -row.count, -_seconds(row.last_seen), row.message))


def repeating_functions(stack: Sequence[Frame]) -> tuple[str, ...]:
    """Return the cycle of functions that a stack repeats at least three times on its inner end; empty when it repeats none.

    A few frames may stand before the first full turn, and the runtime's own frames do not count.

    >>> calls = [Frame("fmt.Sprint"), *[Frame("main.T.String"), Frame("fmt.(*pp).printArg")] * 3]
    >>> repeating_functions(calls)
    ('main.T.String', 'fmt.(*pp).printArg')
    """
    names = [frame.function for frame in stack if not frame.function.startswith("runtime.")]
    for period in range(1, _LONGEST_CYCLE + 1):
        for start in range(min(_LONGEST_CYCLE, max(0, len(names) - _REPEATS * period + 1))):
            cycle = names[start : start + period]
            if names[start : start + _REPEATS * period] == cycle * _REPEATS:
                return tuple(cycle)
    return ()


def _all_crashes(instance: Instance) -> Iterator[tuple[Evidence, Crash]]:
    for evidence, log in instance.now.of(LogReading):
        for crash in log.crashes:
            yield evidence, crash


def _beneath_panic(stack: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """Return the frames beneath the outermost panic; without one, beneath the frames that end the process."""
    raised = max((index for index, frame in enumerate(stack) if _PANICKING.fullmatch(frame.function)), default=-1)
    rest = stack[raised + 1 :]
    skipped = next((index for index, frame in enumerate(rest) if not _RAISING.fullmatch(frame.function)), len(rest))
    return rest[skipped:]


def _place(crash: Crash, ownership: Ownership) -> Place | None:
    """Return the culprit, or the innermost frame that is not the runtime's; None when there is no such frame."""
    beneath = _beneath_panic(crash.stack)
    frame = ownership.culprit(beneath) or ownership.culprit((), crash.created_by)
    if frame is None:
        frame = next((frame for frame in beneath if ownership.owner(frame) is not Owner.RUNTIME), None)
    return ownership.place(frame) if frame else None


def _in_runtime(crash: Crash, ownership: Ownership) -> bool:
    """Return whether the runtime itself broke: its code stands beneath the throw, and nobody's operation asked for it."""
    beneath = _beneath_panic(crash.stack)
    if crash.kind not in {"fatal", "signal"} or not beneath:
        return False
    innermost = beneath[0]
    return ownership.owner(innermost) is Owner.RUNTIME and "." in innermost.function and not _ASKED_FOR.match(innermost.function)


def _in_init(stack: tuple[Frame, ...]) -> bool:
    """Return whether a package was being initialised: only Go's own `init` functions bear that name without a receiver."""
    return any(_INIT.fullmatch(frame.function) for frame in stack)


def _row(repeats: _Repeats, ownership: Ownership) -> CrashRow:
    crash, place = repeats.first, repeats.place
    beneath = _beneath_panic(crash.stack)
    return CrashRow(
        kind=crash.kind,
        message=crash.message,
        root_message=crash.root_message or crash.message,
        count=repeats.count,
        process_survived=crash.kind == "http-panic",
        recovered=crash.recovered,
        in_handler=any(frame.function.startswith(_SERVING) for frame in crash.stack),
        in_init=_in_init(crash.stack),
        in_cgo=crash.in_cgo,
        in_runtime=_in_runtime(crash, ownership),
        signal=crash.signal or None,
        signal_code=crash.signal_code or None,
        fault_address=crash.fault_address,
        exit_code=crash.exit_code,
        function=place.function if place else None,
        package=place.package if place else None,
        file=place.file if place else None,
        line=place.line if place else None,
        own_code=place.own_code if place else None,
        module=place.module if place else None,
        module_version=place.module_version if place else None,
        repeating_functions=repeating_functions(beneath),
        goroutines=crash.dump.seen if crash.dump else None,
        first_seen=min(repeats.times, default=None),
        last_seen=max(repeats.times, default=None),
        stack=tuple(frame.function for frame in crash.stack),
        target=repeats.evidence.instance,
        evidence=repeats.evidence.name,
        locator=crash.locator,
        excerpt=shorten(crash.excerpt),
    )


def _seconds(time: datetime | None) -> float:
    return time.timestamp() if time else 0.0
