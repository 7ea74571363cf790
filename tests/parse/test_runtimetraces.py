"""Trace lines of the runtime, as three versions of Go wrote them (`GODEBUG=gctrace=1,schedtrace=100`, GOMAXPROCS 2)."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.parse.log import parse_log
from bot.parse.runtimetraces import RuntimeTraceCounter

DATA = Path(__file__).parent / "data" / "runtimetraces"
VERSIONS = ["go1.21", "go1.24", "go1.27"]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_is_read(version: str) -> None:
    text = (DATA / f"{version}.txt").read_bytes()
    reading = parse_log(io.BytesIO(text))
    trace = reading.runtime_trace
    assert trace is not None
    assert trace.collections == sum(line.startswith(b"gc ") for line in text.splitlines()) > 5
    assert (trace.gomaxprocs, trace.gc_cpu_ratio is not None) == (2, True)
    assert trace.threads is not None
    assert 4 <= trace.threads <= 6
    assert trace.gc_pause_max_seconds is not None
    assert 0 < trace.gc_pause_max_seconds < 0.001
    assert (reading.crashes, reading.dumps) == ((), ())


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_transport_adds_changes_nothing(version: str) -> None:
    lines = (DATA / f"{version}.txt").read_text().splitlines()
    plain = parse_log(io.BytesIO("\n".join(lines).encode())).runtime_trace
    wrapped = [
        "\n".join(f"web-1  | {line}" for line in lines),
        "\n".join(f"2026-11-20T23:03:37.123456789Z stderr F {line}" for line in lines),
        "\n".join(json.dumps({"log": f"{line}\n", "stream": "stderr"}).replace(">", "\\u003e") for line in lines),
    ]
    for text in wrapped:
        assert parse_log(io.BytesIO(text.encode())).runtime_trace == plain


def test_a_log_that_talks_of_garbage_has_none() -> None:
    text = b"gc 1 done: 3 ms clock, fine\nSCHED 12ms: late\ngc 4 @1s 3%: .+.+. ms clock, 1 ms cpu, 4 P\n"
    assert parse_log(io.BytesIO(text)).runtime_trace is None


@given(
    st.lists(st.sampled_from([b"gc 7 @0.1s 2%: ", b"0.1+2+3 ms clock, ", b"1+1+1 ms cpu, 4 P", b"SCHED 1ms: ", b"\n", b"9" * 40]))
)
def test_nothing_is_ever_raised(pieces: list[bytes]) -> None:
    counter = RuntimeTraceCounter()
    counter.add(b"".join(pieces))
    trace = counter.trace()
    assert trace is None or trace.collections >= 0
