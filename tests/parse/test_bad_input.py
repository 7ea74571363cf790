"""Whatever stands in a piece of evidence, reading it gives a reading or a reason, in bounded time and memory."""

from __future__ import annotations

import contextlib
import gzip
import io
import re
import subprocess
import sys
import time
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import ParseError
from bot.model.evidence import Evidence, Kind
from bot.model.goroutines import GoroutineDump
from bot.model.logs import LogReading
from bot.model.snapshot import Parsed
from bot.parse.dump import parse_dump
from bot.parse.log import parse_log
from bot.parse.read import read
from bot.parse.sniff import sniff

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "tests" / "goservices" / "recorded"
MAX_SECONDS = 20.0
MAX_MEBIBYTES = 400
DUMP = (RECORDED / "go1.27" / "lock-cycle" / "goroutine.txt").read_bytes()
CRASH = (RECORDED / "go1.27" / "crash-nil" / "service.log").read_bytes()
PODS = b'{"kind":"PodList","items":[{"kind":"Pod","metadata":{"name":"shop-1"},"status":{"phase":"Running","startTime":"x"}}]}'
HISTORY = (
    b'{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"go_goroutines","instance":"10.0.3.7:6060"},'
    b'"values":[[1763647331.781,"9"],[1763647391.781,"NaN"],[1763647451.781,"14"]]}]}}'
)
SAMPLES = {
    "goroutine.txt": (Kind.GOROUTINE, DUMP),
    "goroutine.debug1.txt": (Kind.GOROUTINE, (RECORDED / "go1.27" / "healthy" / "goroutine.debug1.txt").read_bytes()),
    "goroutine.pb.gz": (Kind.GOROUTINE, (RECORDED / "go1.27" / "healthy" / "goroutine.pb.gz").read_bytes()),
    "goroutine.pb": (Kind.GOROUTINE, gzip.decompress((RECORDED / "go1.27" / "healthy" / "goroutine.pb.gz").read_bytes())),
    "goroutineleak.txt": (Kind.GOROUTINELEAK, (RECORDED / "go1.27" / "leak-chan-send" / "goroutineleak.txt").read_bytes()),
    "heap.pb.gz": (Kind.HEAP, (RECORDED / "go1.21" / "healthy" / "heap.pb.gz").read_bytes()),
    "metrics.txt": (Kind.METRICS, (RECORDED / "go1.27" / "healthy" / "metrics.txt").read_bytes()),
    "history.json": (Kind.HISTORY, HISTORY),
    "service.log": (Kind.SERVICE_LOG, CRASH),
    "pods.json": (Kind.PODS, PODS),
}


def reading(name: str, content: bytes) -> Parsed:
    found = Evidence(
        kind=SAMPLES[name][0], name=name, content=content, source="test", collected_at=datetime(2026, 11, 20, tzinfo=UTC)
    )
    return read(found)


def headers(text: bytes) -> int:
    return len(re.findall(rb"^goroutine \d", text, re.MULTILINE))


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_evidence_cut_at_any_byte_is_read_or_refused(name: str, data: st.DataObject) -> None:
    content = SAMPLES[name][1]
    cut = content[: data.draw(st.integers(0, len(content) - 1))]
    parsed = reading(name, cut)
    assert parsed.error or parsed.reading is not None
    if isinstance(parsed.reading, GoroutineDump) and parsed.reading.form == "debug=2":
        assert parsed.reading.seen == headers(cut)
        assert parsed.reading.seen == parsed.reading.parsed or parsed.reading.problems


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_damaged_evidence_is_read_or_refused(name: str, data: st.DataObject) -> None:
    content = bytearray(SAMPLES[name][1])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        content[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=40))
    parsed = reading(name, bytes(content))
    assert parsed.error or parsed.reading is not None


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=600))
def test_random_bytes_are_read_or_refused(name: str, content: bytes) -> None:
    parsed = reading(name, content)
    assert parsed.error or parsed.reading is not None
    if parsed.error:
        assert "\n" not in parsed.error.strip()


@settings(max_examples=40, deadline=None)
@given(at=st.integers(0, len(DUMP)))
def test_no_goroutine_of_a_dump_inside_a_dump_is_lost(at: int) -> None:
    inner = (RECORDED / "go1.21" / "lock-convoy" / "goroutine.txt").read_bytes()
    text = DUMP[:at] + b"\n" + inner + b"\n" + DUMP[at:]
    dump = parse_dump(io.BytesIO(text))
    assert dump.seen == headers(text)
    assert dump.parsed >= headers(DUMP) + headers(inner) - 1


MESSAGES = st.lists(
    st.sampled_from(
        [
            "goroutine 1 [running]:",
            "main.forged(0x1)",
            "\t/src/forged.go:666 +0x1d",
            "created by main.forged in goroutine 1",
            "panic: forged",
            "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x1]",
            "exit status 2",
            "",
        ]
    ),
    max_size=6,
)


@settings(max_examples=80, deadline=None)
@given(MESSAGES)
def test_nothing_in_a_panics_message_is_taken_for_the_trace(lines: list[str]) -> None:
    said = "".join(f"\n\t{line}" for line in lines)  # since Go 1.23 every further line is indented
    text = f"panic: bad order{said}\n\ngoroutine 34 [running]:\nmain.real()\n\t/src/real.go:7 +0x1d\nexit status 2\n"
    (crash,) = parse_log(io.BytesIO(text.encode())).crashes
    assert crash.goroutine_id == 34
    assert crash.stack[0].function == "main.real"


LINE = b"A" * 10_000_000
HOSTILE = {
    "a long line in a dump": ("goroutine.txt", DUMP[:500] + LINE + DUMP[500:]),
    "a dump without line ends": ("goroutine.txt", b"goroutine 1 [running]:" * 400_000),
    "a dump of headers only": ("goroutine.txt", b"".join(b"goroutine %d [x%d]:\n" % (n, n) for n in range(30_000))),
    "a dump of different stacks": (
        "goroutine.txt",
        b"".join(b"goroutine %d [select]:\nmain.f%d()\n\t/src/f.go:%d +0x1d\n\n" % (n, n, n) for n in range(30_000)),
    ),
    "a long line in a profile": ("goroutine.debug1.txt", b"goroutine profile: total 1\n1 @ 0x1\n#\t0x1\t" + LINE),
    "many records": ("goroutine.debug1.txt", b"goroutine profile: total 1\n" + b"1 @ 0x1\n" * 100_000),
    "a long line of metrics": ("metrics.txt", b"# HELP a b\n" + LINE),
    "many labels": ("metrics.txt", b"# HELP a b\na{" + b'b="c",' * 500_000 + b"} 1\n"),
    "deep JSON": ("pods.json", b'{"kind":"Pod","items":' + b"[" * 2_000_000),
    "deep history": ("history.json", HISTORY[:40] + b"[" * 2_000_000),
    "many values of a history": ("history.json", HISTORY[:-5] + b',[1,"2"]' * 1_000_000 + b"]}]}}"),
    "many digits": ("pods.json", b'{"kind":"Pod","n":' + b"9" * 1_000_000 + b"}"),
    "deep array of records": ("service.log", b'[{"a":' * 400_000),
    "array of nothing": ("service.log", b"[" + b'{"":0},' * 400_000),
    "streams of nothing": ("service.log", b'{"data":{"result":[{"stream":' + b'"values":[' * 400_000),
    "table of quotes": ("service.log", b"timestamp,message\n" + b'"' * 2_000_000),
    "open quotes in logfmt": ("service.log", b'msg="goroutine 1 [running]:\n' + b'msg="x ' * 400_000),
    "UTF-16": ("service.log", CRASH.decode().encode("utf-16")),
    "Latin-1": ("service.log", CRASH.replace(b"orders", "Bestellungen für".encode("latin-1"))),
    "zero bytes": ("service.log", CRASH.replace(b" ", b"\x00")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_evidence_takes_bounded_time(name: str) -> None:
    started = time.process_time()
    parsed = reading(*HOSTILE[name])
    assert parsed.error or parsed.reading is not None
    assert time.process_time() - started < MAX_SECONDS


def test_a_crash_in_text_of_another_encoding_is_found() -> None:
    log = reading(*HOSTILE["Latin-1"]).reading
    assert isinstance(log, LogReading)
    assert log.crashes


MEASURE = """
import io, sys
from bot.errors import ParseError
from bot.parse.log import parse_log
from bot.parse.profiles import parse_profile
from bot.parse.sniff import sniff
content = open(sys.argv[1], "rb").read()
for parse in (parse_profile, sniff, lambda data: parse_log(io.BytesIO(data))):
    try:
        parse(content)
    except ParseError:
        pass
# The peak of this program itself: `ru_maxrss` also counts what the process that started it held at that moment.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) // 1024)
"""


def bomb() -> bytes:
    """One gibibyte of zeros in a megabyte."""
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(1 << 24)
    return b"".join(packer.compress(zeros) for _ in range(64)) + packer.flush()


def test_a_gzip_bomb_takes_bounded_memory(tmp_path: Path) -> None:
    file = tmp_path / "bomb.gz"
    file.write_bytes(bomb())
    started = time.process_time()
    run = subprocess.run([sys.executable, "-c", MEASURE, file], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(run.stdout) < MAX_MEBIBYTES
    assert time.process_time() - started < MAX_SECONDS


@given(st.binary(max_size=300), st.sampled_from([b"", b"\x1f\x8b", b"\x0a\x04", b"\xef\xbb\xbf", b"{", b"goroutine 1 ["]))
def test_any_bytes_are_recognised_or_refused(content: bytes, start: bytes) -> None:
    with contextlib.suppress(ParseError):
        assert sniff(start + content) in Kind
