r"""pprof profiles: the bytes of a `.pb.gz` enter, a `Profile` leaves.

The format is https://github.com/google/pprof/blob/main/proto/profile.proto, gzipped or not. A heap profile holds tens of
thousands of samples that share their locations, so each location is decoded once and each distinct stack is one object.

Two goroutines that wait in one place, as protobuf without gzip:

>>> profile = parse_profile(
...     b'\n\4\10\1\20\2'            # sample_type: strings 1 and 2
...     b'\22\4\10\1\20\2'           # sample: location 1, value 2
...     b'"\10\10\1"\4\10\1\20\7'    # location 1: function 1, line 7
...     b'*\6\10\1\20\3 \4'          # function 1: name is string 3, file is string 4
...     b'2\0' b'2\11goroutine' b'2\5count' b'2\11main.idle' b'2\7idle.go'
... )
>>> profile.value_types
(('goroutine', 'count'),)
>>> profile.samples
(ProfileSample(stack=(Frame(function='main.idle', file='idle.go', line=7),), values=(2,), labels=()),)
"""

from __future__ import annotations

import zlib
from itertools import chain

from bot.errors import ParseError
from bot.model.goroutines import Frame
from bot.model.profiles import Profile, ProfileSample
from bot.parse.protowire import CONTINUES, CUT_OFF, VARINT, encoded, field_integers, fields, integers, signed

MAX_DECOMPRESSED_BYTES = 128 * 1024 * 1024
MAX_RECORDS = 2_000_000
"""Samples, locations, functions and strings together: far above any real profile, far below what fills the memory."""
MAX_FRAMES = 20_000_000
"""Frames of all locations and stacks together: a few bytes of protobuf can name one huge location again and again."""
MAX_STACK_FRAMES = 8192
"""Go records at most 1024 calls, and few of them unfold into many inlined ones."""

_GZIP_MAGIC = b"\x1f\x8b"
_RUN_BYTES = 24
_SAMPLE_TYPE, _SAMPLE, _MAPPING, _LOCATION, _FUNCTION, _STRING = 1, 2, 3, 4, 5, 6
_TIME_NANOS, _DURATION_NANOS, _PERIOD_TYPE, _PERIOD, _COMMENT = 9, 10, 11, 12, 13


def parse_profile(data: bytes, *, max_bytes: int = MAX_DECOMPRESSED_BYTES) -> Profile:
    """Decode a pprof profile; at most `max_bytes` of decompressed data are accepted.

    Frames are innermost first, inlined calls expanded. A location without symbols becomes a frame named by its address.

    Raises:
        ParseError: the bytes are not a profile, are cut off, or unfold into something absurdly large.
    """
    if data.startswith(_GZIP_MAGIC):
        data = _decompress(data, max_bytes=max_bytes)
    return _Decoder(data).profile()


def _decompress(data: bytes, *, max_bytes: int) -> bytes:
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(data, max_bytes + 1)
    except zlib.error as error:
        raise ParseError(f"the profile is damaged ({error}); take it again") from error
    if len(plain) > max_bytes:
        raise ParseError(f"the profile is larger than {max_bytes >> 20} MiB when decompressed; not read")
    if not stream.eof:
        raise ParseError(CUT_OFF)
    return plain


class _Decoder:
    """The tables of one profile. Samples stand before what they refer to, so everything is gathered first."""

    def __init__(self, data: bytes) -> None:
        self.records: dict[int, list[bytes]] = {
            number: [] for number in (_SAMPLE_TYPE, _SAMPLE, _MAPPING, _LOCATION, _FUNCTION, _STRING, _PERIOD_TYPE)
        }
        self.integers = {_TIME_NANOS: 0, _DURATION_NANOS: 0, _PERIOD: 0}
        self.comments: tuple[int, ...] = ()
        for count, (number, integer, raw) in enumerate(fields(data)):
            if count > MAX_RECORDS:
                raise ParseError(f"the profile holds more than {MAX_RECORDS:,} records; not read")
            if number in self.records:
                self.records[number].append(raw)
            elif number in self.integers:
                self.integers[number] = signed(integer)
            elif number == _COMMENT:
                self.comments += integers(raw) if raw else (integer,)
        self.frames_left = MAX_FRAMES
        self.labels: dict[bytes, tuple[tuple[str, str], ...]] = {}
        self.stacks: dict[bytes, tuple[Frame, ...]] = {}
        self.runs: dict[bytes, tuple[Frame, ...]] = {}
        self.locations: dict[bytes, tuple[Frame, ...]] = {}

    def profile(self) -> Profile:
        """Return what the tables say, samples resolved."""
        value_types = tuple(map(self._value_type, self.records[_SAMPLE_TYPE]))
        if not value_types:
            raise ParseError("not a pprof profile: it names no value type")
        self._read_locations(self._functions())
        samples = tuple(map(self._sample, self.records[_SAMPLE]))
        if any(len(sample.values) != len(value_types) for sample in samples):
            raise ParseError(CUT_OFF)
        mappings = [field_integers(raw) for raw in self.records[_MAPPING][:1]] or [{}]
        period_types = [self._value_type(raw) for raw in self.records[_PERIOD_TYPE][:1]] or [("", "")]
        return Profile(
            value_types=value_types,
            samples=samples,
            period=self.integers[_PERIOD],
            period_type=period_types[0],
            time_nanos=self.integers[_TIME_NANOS],
            duration_nanos=self.integers[_DURATION_NANOS],
            main_binary=self._string(mappings[0].get(5, 0)),
            build_id=self._string(mappings[0].get(6, 0)),
            comments=tuple(map(self._string, self.comments)),
        )

    def _string(self, index: int) -> str:
        if index == 0:
            return ""
        try:
            return self.records[_STRING][index].decode("utf-8", "replace")
        except IndexError as error:
            raise ParseError(CUT_OFF) from error

    def _value_type(self, raw: bytes) -> tuple[str, str]:
        found = field_integers(raw)
        return self._string(found.get(1, 0)), self._string(found.get(2, 0))

    def _functions(self) -> dict[int, tuple[str, str]]:
        """Return name and file of each function by its id."""
        functions = {}
        for raw in self.records[_FUNCTION]:
            found = field_integers(raw)
            functions[found.get(1, 0)] = self._string(found.get(2, 0)), self._string(found.get(4, 0))
        return functions

    def _read_locations(self, functions: dict[int, tuple[str, str]]) -> None:
        """Keep the frames of each location by its id as encoded; equal frames are one object."""
        interned: dict[Frame, Frame] = {}
        for raw in self.records[_LOCATION]:
            found = field_integers(raw)
            address = hex(found.get(3, 0))
            frames = []
            for number, _, nested in fields(raw):
                if number == 4:  # noqa: PLR2004 - Location.line, the innermost inlined call first
                    line = field_integers(nested)
                    name, file = functions.get(line.get(1, 0), ("", ""))
                    frame = Frame(name or address, file, max(signed(line.get(2, 0)), 0))
                    frames.append(interned.setdefault(frame, frame))
            self._count_frames(len(frames))
            self.locations[encoded(found.get(1, 0))] = tuple(frames) or (Frame(address),)

    def _count_frames(self, frames: int) -> None:
        self.frames_left -= frames
        if self.frames_left < 0:
            raise ParseError(f"the stacks of the profile hold more than {MAX_FRAMES:,} frames; not read")

    def _sample(self, raw: bytes) -> ProfileSample:
        path = b""
        values: tuple[int, ...] = ()
        labels: tuple[tuple[str, str], ...] = ()
        for number, integer, nested in fields(raw):
            if number == 1:
                path += nested or encoded(integer)
            elif number == 2:  # noqa: PLR2004 - Sample.value
                values += integers(nested) if nested else (signed(integer),)
            elif number == 3:  # noqa: PLR2004 - Sample.label
                labels += self.labels.get(nested) or self._label(nested)
        stack = self.stacks.get(path)
        return ProfileSample(self._stack(path) if stack is None else stack, values, labels)

    def _stack(self, path: bytes) -> tuple[Frame, ...]:
        """Resolve packed location ids in runs counted from the end, as many stacks share their outer calls."""
        stack: tuple[Frame, ...] = ()
        end = len(path)
        while end:
            start = max(0, end - _RUN_BYTES)
            while start and path[start - 1] >= CONTINUES and start < end:
                start += 1
            packed = path[start:end]
            stack = (self.runs.get(packed) or self._run(packed)) + stack
            if len(stack) > MAX_STACK_FRAMES:
                raise ParseError(f"a stack of the profile holds more than {MAX_STACK_FRAMES:,} frames; not read")
            end = start
        self._count_frames(len(stack))
        self.stacks[path] = stack
        return stack

    def _run(self, packed: bytes) -> tuple[Frame, ...]:
        if not packed or packed[-1] >= CONTINUES:
            raise ParseError(CUT_OFF)
        try:
            parts = list(map(self.locations.__getitem__, VARINT.findall(packed)))
        except KeyError as error:
            raise ParseError(CUT_OFF) from error
        self._count_frames(sum(map(len, parts)))
        run = self.runs[packed] = tuple(chain.from_iterable(parts))
        return run

    def _label(self, raw: bytes) -> tuple[tuple[str, str], ...]:
        found = field_integers(raw)
        value = self._string(found[2]) if found.get(2) else str(signed(found.get(3, 0)))
        label = self.labels[raw] = ((self._string(found.get(1, 0)), value),)
        return label
