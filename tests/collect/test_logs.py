"""Log files: newest first, bounded by time and size."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.collect.harvest import Harvest
from bot.collect.logs import MAX_FILES, FileLogs, LogWindow, first_that_answers
from bot.model.evidence import CollectFailure, Kind

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WINDOW = LogWindow(now=NOON)


def write(path: Path, content: bytes, *, minutes_ago: float) -> None:
    path.write_bytes(content)
    written = (NOON - timedelta(minutes=minutes_ago)).timestamp()
    os.utime(path, (written, written))


def test_files_come_newest_first(tmp_path: Path) -> None:
    write(tmp_path / "app.log.1", b"old\n", minutes_ago=60)
    write(tmp_path / "app.log", b"new\n", minutes_ago=1)
    write(tmp_path / "other.txt", b"no\n", minutes_ago=0)
    (tmp_path / "app.log.d").mkdir()
    evidence, failures = FileLogs(f"{tmp_path}/app.log*").read(WINDOW)
    assert failures == ()
    assert [(item.name, item.read(), item.truncated, item.target) for item in evidence] == [
        ("service.log", b"new\n", False, None),
        ("service.log.1", b"old\n", False, None),
    ]
    assert evidence[0].content == tmp_path / "app.log"
    assert evidence[0].collected_at == NOON - timedelta(minutes=1)


def test_a_gateway_log_is_named_so(tmp_path: Path) -> None:
    write(tmp_path / "error.log", b"x\n", minutes_ago=1)
    evidence, _ = FileLogs(str(tmp_path / "error.log"), Kind.GATEWAY_LOG).read(WINDOW)
    assert [(item.kind, item.name) for item in evidence] == [(Kind.GATEWAY_LOG, "gateway.log")]


def test_files_from_before_the_window_are_left_out(tmp_path: Path) -> None:
    write(tmp_path / "a.log", b"a\n", minutes_ago=10)
    write(tmp_path / "b.log", b"b\n", minutes_ago=50)
    logs = FileLogs(f"{tmp_path}/*.log")
    evidence, _ = logs.read(LogWindow(now=NOON, since=NOON - timedelta(minutes=30)))
    assert [item.read() for item in evidence] == [b"a\n"]
    _, failures = logs.read(LogWindow(now=NOON, since=NOON - timedelta(minutes=5)))
    assert [failure.reason for failure in failures] == [f"{tmp_path}/*.log: nothing was written since 2026-11-20 11:55 UTC"]


@pytest.mark.parametrize("lines", [3, 1_000_000])
def test_the_end_of_a_large_file_is_taken_from_a_lines_start(tmp_path: Path, lines: int) -> None:
    write(tmp_path / "a.log", b"".join(b"line %d\n" % number for number in range(lines)), minutes_ago=1)
    write(tmp_path / "b.log", b"older\n", minutes_ago=2)
    limit = (tmp_path / "a.log").stat().st_size // 2
    evidence, _ = FileLogs(f"{tmp_path}/*.log").read(LogWindow(now=NOON, max_bytes=limit, spool=tmp_path))
    assert evidence[0].truncated
    assert evidence[0].read().startswith(b"line ")
    assert evidence[0].read().endswith(b"line %d\n" % (lines - 1))
    assert sum(item.size_bytes for item in evidence) <= limit


def test_a_compressed_file_is_unpacked_up_to_the_cap(tmp_path: Path) -> None:
    write(tmp_path / "a.log.gz", gzip.compress(b"0123456789" * 1000), minutes_ago=1)
    logs = FileLogs(f"{tmp_path}/a.log.gz")
    whole, _ = logs.read(WINDOW)
    assert (whole[0].read(), whole[0].truncated) == (b"0123456789" * 1000, False)
    part, _ = logs.read(LogWindow(now=NOON, max_bytes=100))
    assert (part[0].read(), part[0].truncated) == (b"0123456789" * 10, True)


def test_a_damaged_file_fails_alone(tmp_path: Path) -> None:
    write(tmp_path / "a.log", b"\x1f\x8b\x08\x00garbage", minutes_ago=1)
    write(tmp_path / "b.log", b"fine\n", minutes_ago=2)
    evidence, failures = FileLogs(f"{tmp_path}/*.log").read(WINDOW)
    assert [(item.name, item.read()) for item in evidence] == [("service.log", b"fine\n")]
    assert [failure.reason for failure in failures] == [f"{tmp_path}/a.log: the compressed data is damaged; copy the file again"]


def test_no_more_than_a_few_files_are_taken(tmp_path: Path) -> None:
    for number in range(MAX_FILES + 5):
        write(tmp_path / f"{number}.log", b"x\n", minutes_ago=number)
    evidence, _ = FileLogs(f"{tmp_path}/*.log").read(WINDOW)
    assert len(evidence) == MAX_FILES


def test_nothing_to_read_is_a_failure(tmp_path: Path) -> None:
    write(tmp_path / "empty.log", b"", minutes_ago=1)
    pattern = f"{tmp_path}/*.log"
    reason = f"no file with anything in it matches {pattern}"
    assert FileLogs(pattern).read(WINDOW) == Harvest(failures=(CollectFailure(kind=Kind.SERVICE_LOG, reason=reason),))


def test_the_first_source_that_answers_wins(tmp_path: Path) -> None:
    write(tmp_path / "a.log", b"a\n", minutes_ago=1)
    write(tmp_path / "b.log", b"b\n", minutes_ago=1)
    sources = [FileLogs(f"{tmp_path}/{name}.log") for name in ("none", "a", "b")]
    evidence, failures = first_that_answers(sources, WINDOW)
    assert [item.read() for item in evidence] == [b"a\n"]
    assert len(failures) == 1
    assert first_that_answers([], WINDOW) == Harvest()
