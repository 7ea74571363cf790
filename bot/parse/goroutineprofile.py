"""Goroutine profiles: a `Profile` enters, a `GoroutineDump` leaves.

A profile (`debug=0`) names no wait reasons, but keeps the runtime's own frames at the inner end of each stack, and those
tell what a goroutine waits for. Which frame means which reason was compared with `debug=2` of the same programs, Go 1.21 to 1.27.

>>> from bot.model.profiles import ProfileSample
>>> stack = tuple(map(Frame, ("runtime.gopark", "runtime.chansend", "runtime.chansend1", "main.deliver")))
>>> profile = Profile(value_types=(("goroutine", "count"),), samples=(ProfileSample(stack, (412,)),))
>>> dump = dump_from_profile(profile)
>>> dump.parsed, dump.groups[0].state
(412, 'chan send')
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bot.errors import ParseError
from bot.model.goroutines import Frame, GoroutineDump, GoroutineGroup
from bot.model.profiles import Profile

_WAITS = {
    "runtime.chanrecv": "chan receive",
    "runtime.chansend": "chan send",
    "runtime.selectgo": "select",
    "runtime.block": "select (no cases)",
    "runtime.netpollblock": "IO wait",
    "runtime.timeSleep": "sleep",
    "time.Sleep": "sleep",
    "sync.runtime_notifyListWait": "sync.Cond.Wait",
    "internal/sync.runtime_SemacquireMutex": "sync.Mutex.Lock",
    "sync.runtime_SemacquireMutex": "sync.Mutex.Lock",
    "sync.runtime_SemacquireRWMutexR": "sync.RWMutex.RLock",
    "sync.runtime_SemacquireRWMutex": "sync.RWMutex.Lock",
    "sync.runtime_SemacquireWaitGroup": "sync.WaitGroup.Wait",
    "sync.(*WaitGroup).Wait": "sync.WaitGroup.Wait",
    "internal/poll.runtime_Semacquire": "semacquire",
    "runtime.gcParkAssist": "GC assist wait",
    "runtime.goroutineProfileWithLabels": "running",
    "runtime.notetsleepg": "syscall",
    "runtime.cgocall": "syscall",
    "syscall.Syscall": "syscall",
    "syscall.Syscall6": "syscall",
    "syscall.RawSyscall": "syscall",
    "syscall.RawSyscall6": "syscall",
    "internal/runtime/syscall.Syscall6": "syscall",
    "internal/runtime/syscall/linux.Syscall6": "syscall",
}
"""Go's wait reason by the innermost of these functions in a stack."""
_PARKED = ("runtime.gopark", "runtime.goparkunlock", "runtime.semacquire1", "sync.runtime_Semacquire")
_LEADING_FRAMES = 8
_EXCERPT_FRAMES = 8


def dump_from_profile(profile: Profile, *, leak_profile: bool = False) -> GoroutineDump:
    """Group the goroutines of a goroutine or goroutineleak profile by state and stack, largest group first.

    The runtime's own frames stay in the stacks. In a goroutineleak profile every goroutine counts as leaked; such a profile is
    also recognised by its value type.

    Raises:
        ParseError: the profile counts something other than goroutines.
    """
    leak_profile = leak_profile or profile.value_index("goroutineleak") is not None
    index = next((i for i, (name, _) in enumerate(profile.value_types) if name in ("goroutine", "goroutineleak")), None)
    if index is None:
        counted = ", ".join(name for name, _ in profile.value_types)
        raise ParseError(f"this profile holds {counted}, not goroutines; give it as what it is")
    groups = [_group(stack, found, leaked=leak_profile) for stack, found in _gather(profile, index).items()]
    total = sum(group.count for group in groups)
    return GoroutineDump(
        form="proto",
        groups=tuple(sorted(groups, key=lambda group: -group.count)),
        seen=total,
        parsed=total,
        leak_profile=leak_profile,
    )


def wait_state(stack: tuple[Frame, ...]) -> str:
    """Return Go's wait reason as the inner frames of a profile's stack tell it; empty when they do not.

    A nil channel cannot be told from any other (`chan receive`). What does not wait is `runnable`, as in a dump: the world was
    stopped when the profile was taken.
    """
    leading = [frame.function for frame in stack[:_LEADING_FRAMES]]
    known = next((_WAITS[function] for function in leading if function in _WAITS), None)
    if known is not None:
        return known
    if "sync.runtime_Semacquire" in leading:
        return "semacquire"
    return "" if not leading or leading[0] in _PARKED else "runnable"


@dataclass(slots=True)
class _Gathered:
    """Samples of one stack, added up."""

    record: int
    count: int = 0
    labels: Counter[str] = field(default_factory=Counter)


def _gather(profile: Profile, index: int) -> dict[tuple[Frame, ...], _Gathered]:
    """Add up the samples of each stack. A repeated stack is mostly one object, and slow to hash: look for that first."""
    gathered: dict[tuple[Frame, ...], _Gathered] = {}
    objects: dict[int, _Gathered] = {}
    for record, sample in enumerate(profile.samples, start=1):
        if (count := sample.values[index]) > 0:
            found = objects.get(id(sample.stack))
            if found is None:
                found = objects[id(sample.stack)] = gathered.setdefault(sample.stack, _Gathered(record))
            found.count += count
            if sample.labels:
                found.labels[",".join(f"{key}={value}" for key, value in sorted(sample.labels))] += count
    return gathered


def _group(stack: tuple[Frame, ...], found: _Gathered, *, leaked: bool) -> GoroutineGroup:
    state = wait_state(stack)
    shown = [f"{found.count} goroutines [{state}]:"] if state else [f"{found.count} goroutines:"]
    for frame in stack[:_EXCERPT_FRAMES]:
        shown += [frame.function, f"\t{frame.file}:{frame.line}"]
    return GoroutineGroup(
        state=state,
        stack=stack,
        count=found.count,
        leaked_count=found.count if leaked else 0,
        labels=tuple(found.labels.most_common()),
        locator=f"record {found.record}",
        excerpt="\n".join(shown),
    )
