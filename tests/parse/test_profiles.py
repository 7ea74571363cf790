"""Profiles: real recordings of four Go versions, hand-made wire bytes, and bytes that mean harm."""

from __future__ import annotations

import gzip
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ParseError
from bot.model.goroutines import Frame
from bot.model.profiles import ProfileSample
from bot.parse.profiles import parse_profile
from bot.parse.protowire import encoded, fields, integers, signed

RECORDED = Path(__file__).parents[1] / "goservices" / "recorded"
HEAPS = sorted(RECORDED.glob("*/healthy/heap.pb.gz"))


def number(field: int, value: int) -> bytes:
    return encoded(field << 3) + encoded(value % (1 << 64))


def message(field: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return encoded(field << 3 | 2) + encoded(len(body)) + body


def packed(field: int, *values: int) -> bytes:
    return message(field, *(encoded(value % (1 << 64)) for value in values))


def table(*strings: str) -> bytes:
    return b"".join(message(6, string.encode()) for string in ("", *strings))


HEADER = message(1, number(1, 1), number(2, 2))
"""One value type, strings 1 and 2."""


def test_recordings_of_every_go_version_are_there() -> None:
    assert len(HEAPS) >= 4


@pytest.mark.parametrize("path", HEAPS, ids=lambda path: path.parts[-3])
def test_heap_profiles_of_real_programs(path: Path) -> None:
    profile = parse_profile(path.read_bytes())
    assert profile.value_types == (
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    )
    assert profile.period_type == ("space", "bytes")
    assert profile.period == 524288
    assert profile.time_nanos > 1_700_000_000 * 10**9
    assert profile.samples
    assert all(len(sample.values) == 4 and min(sample.values) >= 0 for sample in profile.samples)
    assert all(frame.function and frame.file and frame.line for sample in profile.samples for frame in sample.stack)
    assert any(sample.stack[-1].function in ("runtime.main", "runtime.goexit", "runtime.rt0_go") for sample in profile.samples)
    frames = [frame for sample in profile.samples for frame in sample.stack]
    assert len({id(frame) for frame in frames}) == len(set(frames))


def test_goroutine_counts_agree_with_the_text_taken_beside_it() -> None:
    directory = RECORDED / "go1.27" / "leak-chan-send"
    profile = parse_profile((directory / "goroutine.pb.gz").read_bytes())
    stuck = [sample for sample in profile.samples if any(frame.function == "runtime.chansend" for frame in sample.stack)]
    text = (directory / "goroutine.debug1.txt").read_text()
    assert f"\n{sum(sample.values[0] for sample in stuck)} @ " in text


def test_the_mapping_period_and_comments_are_read() -> None:
    profile = parse_profile(
        HEADER
        + message(3, number(1, 1), number(5, 3), number(6, 4))
        + number(9, 1_763_647_331_000_000_000)
        + number(10, 30_000_000_000)
        + message(11, number(1, 1), number(2, 2))
        + number(12, 524288)
        + packed(13, 5)
        + table("space", "bytes", "/bin/shop", "abc123", "taken by hand")
    )
    assert (profile.main_binary, profile.build_id) == ("/bin/shop", "abc123")
    assert (profile.time_nanos, profile.duration_nanos) == (1_763_647_331_000_000_000, 30_000_000_000)
    assert (profile.period_type, profile.period) == (("space", "bytes"), 524288)
    assert profile.comments == ("taken by hand",)


def test_inlined_calls_are_expanded_innermost_first_and_stacks_are_shared() -> None:
    data = (
        HEADER
        + message(2, packed(1, 300, 1, 300), packed(2, 5))
        + message(2, number(1, 300), number(1, 1), number(1, 300), number(2, -7))
        + message(4, number(1, 300), message(4, number(1, 1), number(2, 10)), message(4, number(1, 2), number(2, 20)))
        + message(4, number(1, 1), message(4, number(1, 2), number(2, 30)))
        + message(5, number(1, 1), number(2, 3), number(4, 5))
        + message(5, number(1, 2), number(2, 4), number(4, 5))
        + table("space", "bytes", "main.inner", "main.outer", "/src/main.go")
    )
    inner, outer = Frame("main.inner", "/src/main.go", 10), Frame("main.outer", "/src/main.go", 20)
    first, second = parse_profile(data).samples
    assert first.stack == (inner, outer, Frame("main.outer", "/src/main.go", 30), inner, outer)
    assert (first.values, second.values) == ((5,), (-7,))
    assert first.stack is second.stack


def test_labels_of_text_and_numbers() -> None:
    label, size = message(3, number(1, 3), number(2, 4)), message(3, number(1, 5), number(3, 4096))
    data = HEADER + message(2, packed(2, 1), label, size) + table("space", "bytes", "tenant", "acme", "bytes")
    assert parse_profile(data).samples == (ProfileSample((), (1,), (("tenant", "acme"), ("bytes", "4096"))),)


def test_a_location_without_symbols_is_named_by_its_address() -> None:
    data = (
        HEADER + message(2, packed(1, 1), packed(2, 1)) + message(4, number(1, 1), number(3, 0x4885AA)) + table("space", "bytes")
    )
    assert parse_profile(data).samples[0].stack == (Frame("0x4885aa"),)


@pytest.mark.parametrize(
    ("data", "message_part"),
    [
        (b"", "names no value type"),
        (b"<!DOCTYPE html><html></html>", "not a pprof profile|cut off"),
        (b"\x1f\x8bnot gzip at all", "damaged"),
        (gzip.compress(HEADER + table("a", "b"), mtime=0)[:-9], "cut off"),
        (HEADER, "cut off"),
        (HEADER + table("a", "b") + message(2, packed(2, 1, 2)), "cut off"),
        (HEADER + table("a", "b") + message(2, packed(1, 9), packed(2, 1)), "cut off"),
        (HEADER + table("a", "b") + message(2, message(1, b"\x80"), packed(2, 1)), "cut off"),
        (HEADER + table("a", "b") + message(2, message(2, b"\x80")), "cut off"),
        (HEADER + table("a", "b") + message(2, message(2, b"\xff" * 12 + b"\x01")), "cut off"),
        (HEADER + table("a", "b") + message(5, number(1, 1), number(2, 99)), "cut off"),
        (b"\x0a" + b"\xff" * 11, "more than 64 bits"),
        (b"\x0a" + encoded(1 << 62) + b"x", "cut off"),
        (b"\x0b\x0c", "cannot be told apart"),
    ],
)
def test_what_is_no_whole_profile_is_refused(data: bytes, message_part: str) -> None:
    with pytest.raises(ParseError, match=message_part):
        parse_profile(data)


def test_a_gzip_bomb_is_refused_quickly() -> None:
    bomb = gzip.compress(bytes(300_000_000), compresslevel=1)
    started = time.process_time()
    with pytest.raises(ParseError, match="larger than 64 MiB"):
        parse_profile(bomb, max_bytes=64 << 20)
    assert time.process_time() - started < 20


def test_a_huge_location_named_again_and_again_is_refused() -> None:
    location = message(4, number(1, 1), message(4, number(1, 1)) * 5000)
    samples = b"".join(message(2, packed(1, *[1] * 1000), packed(2, 1)) for _ in range(1000))
    with pytest.raises(ParseError, match="frames; not read"):
        parse_profile(gzip.compress(HEADER + location + samples + table("a", "b")))


def test_many_large_stacks_are_refused() -> None:
    location = message(4, number(1, 1), message(4, number(1, 1)) * 250)
    stacks = (packed(1, *[1] * 30, *([number_ % 2 + 2] * (number_ // 2))) for number_ in range(3000))
    more = message(4, number(1, 2), message(4)) + message(4, number(1, 3), message(4))
    data = HEADER + location + more + b"".join(message(2, stack, packed(2, 1)) for stack in stacks) + table("a", "b")
    with pytest.raises(ParseError, match="frames; not read"):
        parse_profile(data)


def test_too_many_records_are_refused() -> None:
    with pytest.raises(ParseError, match="records; not read"):
        parse_profile(gzip.compress(HEADER + message(6) * 2_000_001, compresslevel=1))


def test_a_large_heap_profile_is_decoded_in_little_time() -> None:
    strings = [f"example.com/shop/pkg{index % 100}.(*Service).Method{index}" for index in range(3000)]
    parts = [HEADER, table("inuse_space", "bytes", "main.go", *strings)]
    for index in range(1, 3001):
        parts.append(message(4, number(1, index), message(4, number(1, index), number(2, index % 900))))
        parts.append(message(5, number(1, index), number(2, index + 3), number(4, 3)))
    outer = [[(seed * 977 + depth * 131) % 3000 + 1 for depth in range(20)] for seed in range(300)]
    for index in range(20_000):
        inner = [(index * 7 + depth * 31) % 3000 + 1 for depth in range(6)]
        parts.append(message(2, packed(1, *inner, *outer[index % 300]), packed(2, index)))
    data = gzip.compress(b"".join(parts))
    best = min(_seconds(data) for _ in range(3))
    assert best < 1.0  # 0.15 s on an idle machine; a decoder that shares nothing takes several


def _seconds(data: bytes) -> float:
    started = time.perf_counter()
    assert len(parse_profile(data).samples) == 20_000
    return time.perf_counter() - started


@given(st.binary(max_size=400))
def test_random_bytes_give_a_profile_or_a_parse_error(data: bytes) -> None:
    with suppress(ParseError):
        parse_profile(data)


@given(st.integers(min_value=0, max_value=3000), st.binary(max_size=3))
def test_a_damaged_recording_gives_a_profile_or_a_parse_error(position: int, noise: bytes) -> None:
    whole = gzip.decompress(HEAPS[0].read_bytes())
    position %= len(whole)
    for data in (whole[:position], whole[:position] + noise + whole[position + len(noise) :]):
        with suppress(ParseError):
            parse_profile(data)


@given(st.lists(st.integers(min_value=-(1 << 63), max_value=(1 << 63) - 1)))
def test_integers_survive_encoding(values: list[int]) -> None:
    body = b"".join(encoded(value % (1 << 64)) for value in values)
    assert integers(body) == tuple(values)
    assert [signed(value) for _, value, _ in fields(b"".join(number(1, value) for value in values))] == values


@given(st.lists(st.tuples(st.integers(min_value=1, max_value=500), st.binary(max_size=300))))
def test_messages_survive_encoding(messages: list[tuple[int, bytes]]) -> None:
    data = b"".join(message(field, body) + encoded(field << 3 | 1) + bytes(8) for field, body in messages)
    assert [(field, body) for field, _, body in fields(data)] == messages
