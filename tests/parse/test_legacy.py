"""Profiles as text, against the binary form taken just before."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ParseError
from bot.model.evidence import Evidence, Kind
from bot.model.profiles import Profile
from bot.parse.legacy import parse_profile_text
from bot.parse.profiles import parse_profile
from bot.parse.read import read
from bot.parse.sniff import sniff

DATA = Path(__file__).parent / "data" / "heap"
CONTENTION = Path(__file__).parent / "data" / "contention"


def by_stack(profile: Profile) -> dict[tuple[tuple[str, int], ...], tuple[int, ...]]:
    """Values by stack, as far as both forms show it: the text hides the runtime's frames, and taking a profile allocates."""
    found = {}
    for sample in profile.samples:
        stack = tuple((frame.function, frame.line) for frame in sample.stack if not frame.function.startswith("runtime."))
        if not any(function.startswith("runtime/pprof.") for function, _ in stack):
            found[stack] = sample.values
    return found


@pytest.mark.parametrize("version", ["go1.21", "go1.27"])
def test_values_are_those_of_the_binary_form(version: str) -> None:
    text = parse_profile_text((DATA / f"{version}.txt").read_bytes())
    binary = parse_profile((DATA / f"{version}.pb.gz").read_bytes())
    assert (text.value_types, text.period, text.period_type) == (binary.value_types, binary.period, binary.period_type)
    assert by_stack(binary)
    assert by_stack(text) == by_stack(binary)


@pytest.mark.parametrize("version", ["go1.24", "go1.27"])
@pytest.mark.parametrize("name", ["mutex", "block"])
def test_delays_are_those_of_the_binary_form(version: str, name: str) -> None:
    text = parse_profile_text((CONTENTION / f"{version}.{name}.txt").read_bytes())
    binary = parse_profile((CONTENTION / f"{version}.{name}.pb.gz").read_bytes())
    assert (text.value_types, text.period_type) == (binary.value_types, binary.period_type)
    assert len(text.samples) == len(binary.samples) > 0
    for one, other in zip(text.samples, binary.samples, strict=True):
        assert one.stack[0].function.startswith(other.stack[0].function)
        assert one.values[0] == other.values[0]
        assert one.values[1] == pytest.approx(other.values[1], rel=1e-6, abs=1)


@pytest.mark.parametrize("version", ["go1.24", "go1.27"])
@pytest.mark.parametrize("kind", [Kind.MUTEX, Kind.BLOCK, Kind.THREADCREATE])
@pytest.mark.parametrize("form", ["txt", "pb.gz"])
def test_what_it_is_is_told_by_its_content(version: str, kind: Kind, form: str) -> None:
    content = (CONTENTION / f"{version}.{kind}.{form}").read_bytes()
    assert sniff(content) is kind
    evidence = Evidence(kind=kind, name=f"{kind}.{form}", content=content, source="test", collected_at=datetime.now(UTC))
    reading = read(evidence).reading
    assert isinstance(reading, Profile)
    if kind is Kind.THREADCREATE:
        assert sum(sample.values[0] for sample in reading.samples) >= 4


def test_with_every_allocation_sampled_nothing_is_scaled() -> None:
    profile = parse_profile_text(b"heap profile: 3: 48 [5: 80] @ heap/2\n3: 48 [5: 80] @ 0x1\n")
    assert profile.samples[0].values == (5, 80, 3, 48)


@pytest.mark.parametrize("data", [b"", b"goroutine profile: total 3\n", b"heap profile: many\n", bytes(100)])
def test_other_text_is_refused(data: bytes) -> None:
    with pytest.raises(ParseError, match="not a profile as text"):
        parse_profile_text(data)


@given(st.integers(min_value=0, max_value=5683), st.binary(max_size=5))
def test_a_damaged_text_never_raises_anything_else(position: int, noise: bytes) -> None:
    whole = (DATA / "go1.27.txt").read_bytes()
    with suppress(ParseError):
        parse_profile_text(whole[:position] + noise + whole[position + 3 :])
