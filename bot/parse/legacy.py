r"""Heap profiles as text (`heap?debug=1`): the bytes enter, a `Profile` leaves, scaled as the binary form is.

The text holds raw samples: of allocations of `size` bytes at a rate of one sample per `rate` bytes, only a share of
`1 - exp(-size/rate)` is seen (`runtime/pprof`, `scaleHeapSample`). The number after `heap/` in the first line is twice the rate.

>>> profile = parse_heap_text(
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
"""

from __future__ import annotations

import math
import re

from bot.errors import ParseError
from bot.model.goroutines import Frame
from bot.model.profiles import Profile, ProfileSample

VALUE_TYPES = (("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes"))
"""As in the binary form."""

_HEADER = re.compile(r"heap profile: \d{1,19}: \d{1,19} \[\d{1,19}: \d{1,19}\] @ heap/(\d{1,19})\r?\n")
_RECORD = re.compile(r"(\d{1,19}): (\d{1,19}) \[(\d{1,19}): (\d{1,19})\] @")
_FRAME = re.compile(r"#\t0x[0-9a-f]+\t+(.+?)(?:\+0x[0-9a-f]+)?\t+(.*):(\d{1,9})")


def parse_heap_text(data: bytes) -> Profile:
    """Read a heap profile printed as text; the memory statistics at its end are passed over.

    Raises:
        ParseError: the first line is not that of a heap profile.
    """
    text = data.decode("utf-8", "replace").lstrip()
    header = _HEADER.match(text)
    if header is None:
        raise ParseError("not a heap profile as text: its first line is not `heap profile: …`; take the profile again")
    rate = int(header[1]) // 2
    frames: dict[str, Frame | None] = {}
    samples = []
    for paragraph in re.split(r"\n(?=\d+: )", text[header.end() - 1 :]):
        lines = paragraph.strip().splitlines()
        record = _RECORD.match(lines[0]) if lines else None
        if record is not None:
            found = (frames[line] if line in frames else frames.setdefault(line, _frame(line)) for line in lines[1:])
            samples.append(ProfileSample(tuple(frame for frame in found if frame), _values(record, rate)))
    return Profile(value_types=VALUE_TYPES, samples=tuple(samples), period=rate, period_type=("space", "bytes"))


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
