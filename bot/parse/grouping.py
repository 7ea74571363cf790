r"""Goroutines → groups of equal state and equal stack. A goroutine's text enters; each *distinct* stack is parsed once.

Arguments, ids and addresses differ from goroutine to goroutine while file lines do not, so the file lines of the raw text are
the key that is looked up; only a key seen for the first time is parsed.

>>> groups = GroupBuilder()
>>> for number in (18, 19):
...     text = f"goroutine {number} [chan send, 4 minutes]:\nmain.send(0xc00{number})\n\t/src/a.go:7 +0x1d\n"
...     text += f"created by main.main in goroutine 1\n\t/src/a.go:{number} +0x2f"
...     groups.add(text.encode().split(b"\n"), line=1)
>>> dump = groups.build(form="debug=2")
>>> [(group.state, group.count, group.minutes, group.members[0].args) for group in dump.groups]
[('chan send', 1, ((4, 1),), ('0xc0018',)), ('chan send', 1, ((4, 1),), ('0xc0019',))]
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final, TypeVar

from bot.model.goroutines import MEMBERS_KEPT, Frame, GoroutineDump, GoroutineGroup, Member
from bot.parse.stacktext import Header, Stack, decode, parse_header, parse_labels, parse_stack

K = TypeVar("K")
V = TypeVar("V")

_MAX_STACKS: Final = 50_000
_MAX_REMEMBERED: Final = 20_000
_MAX_MEMBERS: Final = 20_000
_MEMBERS_WHEN_MANY: Final = 16
_MAX_LABELS: Final = 1_000
_MAX_ADDRESSES: Final = 10_000
_EXCERPT_CHARACTERS: Final = 4_000
_MAX_EXCERPT_CHARACTERS: Final = 16_000_000
_OTHER: Final = "(other)"

_LOCK_STATES: Final = frozenset({"sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock", "semacquire"})
_LOCK_ADDRESS = re.compile(rb"(?:internal/)?sync\.\(\*(?:RW)?Mutex\)\.\w+\((0x[0-9a-f]{3,})[,)]")
"""A receiver printed without `?`: with one, the register may long hold something else."""
_NUMBER = re.compile(rb"goroutine (\d{1,19}) ")
_LOCK_LINES: Final = 16


@dataclass(slots=True)
class _Group:
    """Counters of one group while it grows."""

    state: str
    stack: Stack
    locator: str
    excerpt: str
    count: int = 0
    leaked: int = 0
    locked: int = 0
    members: list[Member] = field(default_factory=list)
    minutes: Counter[int] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    addresses: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Known:
    """One distinct stack and its groups, by state."""

    stack: Stack
    groups: dict[str, _Group] = field(default_factory=dict)


class GroupBuilder:
    """Collects goroutines one by one. `seen` counts all that were offered, `build` returns those that could be read.

    Memory is bounded: distinct stacks, members, labels and excerpts are limited; `problems` says when goroutines were left out.
    `last` is the stack of the goroutine added last.
    """

    def __init__(self) -> None:
        self.seen = 0
        self.parsed = 0
        self.last: Stack | None = None
        self._by_files: dict[tuple[bytes, ...], _Known] = {}
        self._by_stack: dict[tuple[tuple[Frame, ...], Frame | None, int], _Known] = {}
        self._headers: dict[bytes, Header] = {}
        self._labels: dict[bytes, str] = {}
        self._frames: dict[Frame, Frame] = {}
        self._members = 0
        self._excerpts = 0
        self._unread = 0
        self._beyond_limit = 0

    def add(self, lines: list[bytes], line: int) -> None:
        """Count one goroutine: its header and what follows it. `line` is the number of its first line, for the locator."""
        if self.add_known(lines, line):
            return
        self.seen += 1
        header, labels = self._header(lines[0])
        if header is None:
            self._unread += 1
            return
        known = self._known(lines)
        if known is None:
            self._beyond_limit += 1
            return
        self._count(known, header, labels, lines, line, frames=None)

    def add_known(self, lines: list[bytes], line: int) -> bool:
        """Do the same if equal file lines, with nothing unusual between them, were added before; else count nothing: False."""
        known = self._by_files.get(tuple(lines[2::2]))
        if known is None or not lines[0].lstrip().startswith(b"goroutine "):
            return False
        header, labels = self._header(lines[0])
        if header is None:
            return False
        self.seen += 1
        self._count(known, header, labels, lines, line, frames=len(known.stack.frames))
        return True

    def _count(self, known: _Known, header: Header, labels: str, lines: list[bytes], line: int, *, frames: int | None) -> None:
        """Count a goroutine in its group; `frames` as for `_member`."""
        self.last = known.stack
        self.parsed += 1
        group = known.groups.get(header.state)
        if group is None:
            place = f"lines {line}-{line + len(lines) - 1}"
            group = known.groups[header.state] = _Group(header.state, known.stack, place, self._excerpt(lines))
        group.count += 1
        group.leaked += header.leaked
        group.locked += header.locked
        if header.minutes is not None:
            group.minutes[header.minutes] += 1
        if labels:
            group.labels[labels if labels in group.labels or len(group.labels) < _MAX_LABELS else _OTHER] += 1
        if header.state in _LOCK_STATES:
            self._count_address(group, lines)
        if len(group.members) < (MEMBERS_KEPT if self._members < _MAX_MEMBERS else _MEMBERS_WHEN_MANY):
            group.members.append(_member(lines, header.minutes, frames))
            self._members += 1

    def _header(self, line: bytes) -> tuple[Header | None, str]:
        """Read a header (not its id) and its labels; both are remembered, for few goroutines differ in them."""
        bracket, _, labels = line[line.find(b"[") :].partition(b"] {")
        header = self._headers.get(bracket)
        if header is None:
            header = parse_header(decode(line))
            if header is None:
                return None, ""
            _remember(self._headers, bracket, header)
        if not labels:
            return header, header.labels
        text = self._labels.get(labels)
        if text is None:
            text = parse_labels("{" + decode(labels).rstrip(":"))
            _remember(self._labels, labels, text)
        return header, text

    def _known(self, lines: list[bytes]) -> _Known | None:
        """Find the stack by what tells it apart, or parse it; None when there are too many distinct ones already."""
        key = _key(lines)
        known = self._by_files.get(key)
        if known is None:
            known = self._learn(parse_stack([decode(line) for line in lines[1:]]))
            if known is not None and len(key) >= len(known.stack.frames) > 0:
                _remember(self._by_files, key, known)
        return known

    def _learn(self, stack: Stack) -> _Known | None:
        key = (stack.frames, stack.created_by, stack.elided)
        known = self._by_stack.get(key)
        if known is None and len(self._by_stack) < _MAX_STACKS:
            frames = tuple(self._frames.setdefault(frame, frame) for frame in stack.frames)
            known = _Known(Stack(frames, stack.args, stack.created_by, stack.elided, stack.complete))
            self._by_stack[key] = known
        return known

    def _excerpt(self, lines: list[bytes]) -> str:
        if self._excerpts > _MAX_EXCERPT_CHARACTERS:
            return ""
        text = decode(b"\n".join(lines)[:_EXCERPT_CHARACTERS]).strip("\n")
        self._excerpts += len(text)
        return text

    def _count_address(self, group: _Group, lines: list[bytes]) -> None:
        lock = next(filter(None, map(_LOCK_ADDRESS.match, lines[1:_LOCK_LINES])), None)
        if lock is None:
            return
        address = decode(lock[1])
        if address in group.addresses or len(group.addresses) < _MAX_ADDRESSES:
            group.addresses[address] += 1

    def build(self, *, form: str, truncated: bool = False, problems: tuple[str, ...] = ()) -> GoroutineDump:
        """Return what was collected, largest group first; what could not be read is said in `problems`."""
        said = list(problems)
        if self._unread:
            said.append(f"{self._unread} of {self.seen} goroutines have a header that could not be read.")
        if self._beyond_limit:
            said.append(f"{self._beyond_limit} of {self.seen} goroutines were left out: more than {_MAX_STACKS} distinct stacks.")
        groups = [_finish(group) for known in self._by_stack.values() for group in known.groups.values()]
        groups.sort(key=lambda group: -group.count)
        return GoroutineDump(
            form=form,
            groups=tuple(groups),
            seen=self.seen,
            parsed=self.parsed,
            truncated=truncated,
            problems=tuple(said),
        )


def _remember(memory: dict[K, V], key: K, value: V) -> None:
    """Keep a value for the next time; a memory that is full starts anew."""
    if len(memory) >= _MAX_REMEMBERED:
        memory.clear()
    memory[key] = value


def _key(lines: list[bytes]) -> tuple[bytes, ...]:
    """Reduce a goroutine's text to what tells its stack apart: file lines, elision, and functions that no file line names."""
    key: list[bytes] = []
    for index, line in enumerate(lines):
        if line[:1] in b"\t ." and line:
            key.append(line.partition(b" fp=")[0])
            if b"<autogenerated>" in line:
                key.append(lines[index - 1].rpartition(b"(")[0])
    return tuple(key)


def _member(lines: list[bytes], minutes: int | None, frames: int | None) -> Member:
    """Keep one goroutine; `frames` is their number where each is two lines and nothing stands in between."""
    found = _NUMBER.search(lines[0])
    number = int(found[1]) if found else 0
    if frames is None:
        return Member(number, minutes, parse_stack([decode(line) for line in lines[1:]]).args)
    return Member(number, minutes, tuple(decode(line[line.rfind(b"(") + 1 : -1]) for line in lines[1 : 2 * frames : 2]))


def _finish(group: _Group) -> GoroutineGroup:
    return GoroutineGroup(
        state=group.state,
        stack=group.stack.frames,
        count=group.count,
        created_by=group.stack.created_by,
        members=tuple(group.members),
        minutes=tuple(sorted(group.minutes.items())),
        leaked_count=group.leaked,
        locked_count=group.locked,
        labels=tuple(group.labels.most_common()),
        addresses=tuple(group.addresses.most_common()),
        elided=group.stack.elided,
        locator=group.locator,
        excerpt=group.excerpt,
    )
