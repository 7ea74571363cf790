"""What a goroutine dump or a goroutine profile says, grouped: `Frame`, `GoroutineGroup`, `GoroutineDump`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """One call in a stack.

    Attributes:
        function: full name with package path, `example.com/shop.(*Pool).fetch`, `main.run.func1`.
        file: source path as printed; empty when the dump did not say.
        line: line number; 0 when the dump did not say.
    """

    function: str
    file: str = ""
    line: int = 0


MEMBERS_KEPT = 256
"""How many goroutines of one group are kept one by one: enough to find the holder of a lock among them."""


@dataclass(frozen=True, slots=True)
class Member:
    """One goroutine of a group: its id, the minutes it waited (None when not printed), and each frame's arguments as printed."""

    id: int
    minutes: int | None
    args: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoroutineGroup:
    """Goroutines with equal state and equal stack.

    Attributes:
        state: Go's own wait reason, verbatim, without suffixes (`chan send`, `sync.Mutex.Lock`). From a profile: derived from the
            runtime's leaf frames; empty where those do not say (debug=1 hides them).
        stack: frames, innermost first; `elided` frames are missing from its middle.
        created_by: the `go` statement that started them; None for main, for profiles, and where it was cut off.
        count: how many goroutines.
        members: the first of them (at most `MEMBERS_KEPT`), one by one; empty for profiles.
        minutes: (minutes waited, how many goroutines) pairs, ascending; goroutines that showed no minutes are not in it.
        leaked_count: how many the runtime itself marked as leaked.
        locked_count: how many are locked to their OS thread.
        labels: (the labels as `key=value` joined by a comma, how many goroutines) pairs, most common first.
        addresses: (address, how many) pairs, most first: the lock they wait for, where the state is a lock's (first argument of
            the innermost `sync.(*Mutex).Lock`, `sync.(*RWMutex).RLock` … frame). Every goroutine counts here, not only `members`.
        elided: frames the runtime left out.
        locator: where the first of them stands: `lines 120-131`, `record 7`.
        excerpt: the text of the first of them as printed, or a rendering of the stack for a proto.
    """

    state: str
    stack: tuple[Frame, ...]
    count: int
    created_by: Frame | None = None
    members: tuple[Member, ...] = ()
    minutes: tuple[tuple[int, int], ...] = ()
    leaked_count: int = 0
    locked_count: int = 0
    labels: tuple[tuple[str, int], ...] = ()
    addresses: tuple[tuple[str, int], ...] = ()
    elided: int = 0
    locator: str = ""
    excerpt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoroutineDump:
    """All goroutines of one process at one moment.

    Attributes:
        form: `debug=2`, `debug=1`, `proto`, `crash` (the goroutines printed by a crash or SIGQUIT).
        groups: largest first.
        seen: goroutines counted loosely, by their headers or the profile's own total: what should have been read.
        parsed: goroutines in `groups`.
        truncated: the text ends early (the 64 MiB limit of debug=2, a cut log).
        leak_profile: this is a goroutineleak profile: every goroutine in it is proved to be leaked.
        problems: what could not be read, in sentences.
    """

    form: str
    groups: tuple[GoroutineGroup, ...]
    seen: int
    parsed: int
    truncated: bool = False
    leak_profile: bool = False
    problems: tuple[str, ...] = ()
