r"""Profiles as text (`?debug=1`): the bytes enter, a `Profile` leaves, with the values that the binary form has.

The text of a heap profile holds raw samples: of allocations of `size` bytes at a rate of one sample per `rate` bytes, only
`1 - exp(-size/rate)` are seen (`runtime/pprof`, `scaleHeapSample`). The number after `heap/` in the first line is twice the rate.

>>> profile = parse_profile_text(
...     b"heap profile: 1: 524288 [2: 1048576] @ heap/1048576\n"
...     b"1: 524288 [2: 1048576] @ 0x486273 0x4862a0\n"
...     b"#\t0x486272\tmain.fill+0x32\t/src/main.go:9\n"
...     b"#\t0x48629f\tmain.main+0x1f\t/src/main.go:17\n"
...     b"\n# runtime.MemStats\n# HeapInuse = 1622016\n"
... )
>>> profile.value_index("inuse_space"), profile.samples[0].values
(3, (3, 1658822, 1, 829411))
>>> profile.samples[0].stack[0]
Frame(function='main.fill', file='/src/main.go', line=9)

The texts of mutex and block profiles hold delays in processor cycles (`runtime/pprof`, `writeProfileInternal`):

>>> profile = parse_profile_text(
...     b"--- mutex:\ncycles/second=2000000000\nsampling period=2\n6000000 3 @ 0x4def3c 0x4df3b9\n"
...     b"#\t0x4def3b\tsync.(*Mutex).Unlock+0x3b\t/go/mutex.go:65\n"
... )
>>> profile.value_types, profile.samples[0].values
((('contentions', 'count'), ('delay', 'nanoseconds')), (3, 3000000))
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from bot.errors import ParseError
from bot.model.goroutines import Frame
from bot.model.profiles import Profile, ProfileSample

CONTENTION_VALUE_TYPES = (("contentions", "count"), ("delay", "nanoseconds"))
THREAD_VALUE_TYPES = (("threadcreate", "count"),)
VALUE_TYPES = (("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes"))
"""As in the binary form, these and the two above."""
_NANOSECONDS = 10**9

_HEADER = re.compile(r"heap profile: \d{1,19}: \d{1,19} \[\d{1,19}: \d{1,19}\] @ heap/(\d{1,19})\r?\n")
_CONTENTION = re.compile(r"--- (?:mutex|contention):\r?\ncycles/second=(\d{1,19})\r?\n")
_CONTENTION_RECORD = re.compile(r"(\d{1,19}) (\d{1,19}) @")
_THREADS = re.compile(r"threadcreate profile: total \d{1,19}\r?\n")
_THREADS_RECORD = re.compile(r"(\d{1,19}) @")
_RECORD = re.compile(r"(\d{1,19}): (\d{1,19}) \[(\d{1,19}): (\d{1,19})\] @")
_FRAME = re.compile(r"#\t0x[0-9a-f]+\t+(.+?)(?:\+0x[0-9a-f]+)?\t+(.*):(\d{1,9})")


def is_profile_text(data: bytes) -> bool:
    """Tell whether bytes are a profile that `parse_profile_text` reads."""
    return data.lstrip().startswith((b"heap profile:", b"--- mutex:", b"--- contention:", b"threadcreate profile:"))


def parse_profile_text(data: bytes) -> Profile:
    """Read a heap, mutex, block or threadcreate profile printed as text; memory statistics at its end are passed over.

    Raises:
        ParseError: the first line is that of none of them.
    """
    text = data.decode("utf-8", "replace").lstrip()
    if heap := _HEADER.match(text):
        rate = int(heap[1]) // 2
        samples = _samples(text[heap.end() - 1 :], _RECORD, lambda record: _values(record, rate))
        return Profile(value_types=VALUE_TYPES, samples=samples, period=rate, period_type=("space", "bytes"))
    if contention := _CONTENTION.match(text):
        per_second = int(contention[1]) or 1
        samples = _samples(
            text[contention.end() - 1 :],
            _CONTENTION_RECORD,
            lambda record: (int(record[2]), int(record[1]) * _NANOSECONDS // per_second),
        )
        return Profile(value_types=CONTENTION_VALUE_TYPES, samples=samples, period=1, period_type=("contentions", "count"))
    if threads := _THREADS.match(text):
        samples = _samples(text[threads.end() - 1 :], _THREADS_RECORD, lambda record: (int(record[1]),))
        return Profile(value_types=THREAD_VALUE_TYPES, samples=samples, period=1, period_type=("threadcreate", "count"))
    raise ParseError("not a profile as text: its first line is not `heap profile: …`, `--- mutex:` or the like; take it again")


def _samples(text: str, form: re.Pattern[str], values: Callable[[re.Match[str]], tuple[int, ...]]) -> tuple[ProfileSample, ...]:
    """Return one sample per record, which is a line of numbers and the frames below it."""
    frames: dict[str, Frame | None] = {}
    samples = []
    for paragraph in re.split(r"\n(?=\d+:? )", text):
        lines = paragraph.strip().splitlines()
        record = form.match(lines[0]) if lines else None
        if record is not None:
            found = (frames[line] if line in frames else frames.setdefault(line, _frame(line)) for line in lines[1:])
            samples.append(ProfileSample(tuple(frame for frame in found if frame), values(record)))
    return tuple(samples)


def _frame(line: str) -> Frame | None:
    match = _FRAME.fullmatch(line)
    return Frame(match[1], match[2], int(match[3])) if match else None


def _values(record: re.Match[str], rate: int) -> tuple[int, ...]:
    inuse_objects, inuse_bytes, alloc_objects, alloc_bytes = map(int, record.groups())
    return (*_scaled(alloc_objects, alloc_bytes, rate), *_scaled(inuse_objects, inuse_bytes, rate))


def _scaled(objects: int, size: int, rate: int) -> tuple[int, int]:
    """Estimate what was really allocated from what was sampled; a rate of 1 or less means that everything was."""
    if not objects or not size or rate <= 1:
        return objects, size
    scale = 1 / -math.expm1(-size / objects / rate)
    return int(objects * scale), int(size * scale)
