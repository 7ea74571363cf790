"""Files on the command line: recognised by content, taken together, and refused in one line each."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.collect.files import read_files
from bot.collect.spool import Spool
from bot.collect.unpack import unpack_into
from bot.errors import UsageError
from bot.model.evidence import Bundle, Kind, Target
from bot.parse.sniff import sniff

RECORDED = Path(__file__).parents[1] / "goservices" / "recorded" / "go1.27" / "leak-chan-send"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CRASH = b"panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:7 +0x1b\nexit status 2\n"


def read(*sources: Path | str, stdin: bytes = b"", spool: Path | None = None) -> Bundle:
    return read_files(
        [str(source) for source in sources], service="checkout", sniff=sniff, now=NOON, stdin=io.BytesIO(stdin), spool=spool
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("goroutine.txt", Kind.GOROUTINE),
        ("goroutine.debug1.txt", Kind.GOROUTINE),
        ("goroutine.pb.gz", Kind.GOROUTINE),
        ("goroutineleak.txt", Kind.GOROUTINELEAK),
        ("heap.pb.gz", Kind.HEAP),
        ("metrics.txt", Kind.METRICS),
        ("service.log", Kind.SERVICE_LOG),
    ],
)
def test_a_file_is_recognised_by_its_content(tmp_path: Path, name: str, kind: Kind) -> None:
    path = tmp_path / "attachment-17"
    path.write_bytes((RECORDED / name).read_bytes())
    bundle = read(path)
    assert [(item.kind, item.name, item.content, item.source) for item in bundle.evidence] == [(kind, name, path, str(path))]
    assert bundle.targets == (Target("checkout", "attachment-17"),)
    assert bundle.taken_at == NOON


def test_a_bare_proto_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "profile"
    path.write_bytes(gzip.decompress((RECORDED / "heap.pb.gz").read_bytes()))
    assert read(path).evidence[0].name == "heap.pb"


def test_different_kinds_are_one_process_and_a_second_dump_another() -> None:
    bundle = read(RECORDED / "goroutine.txt", RECORDED / "metrics.txt", RECORDED / "service.log", RECORDED / "goroutine.txt")
    assert [item.instance for item in bundle.evidence] == ["goroutine.txt"] * 3 + [str(RECORDED / "goroutine.txt")]


def test_a_gateway_log_belongs_to_the_service(tmp_path: Path) -> None:
    path = tmp_path / "error.log"
    path.write_text(
        "2026/11/20 12:00:00 [error] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream\n"
    )
    item = read(path).evidence[0]
    assert (item.kind, item.target) == (Kind.GATEWAY_LOG, None)


def test_standard_input_is_read_once_and_large_input_goes_to_a_file(tmp_path: Path) -> None:
    small = read("-", stdin=CRASH).evidence[0]
    assert (small.kind, small.content, small.source, small.instance) == (
        Kind.SERVICE_LOG,
        CRASH,
        "standard input",
        "standard input",
    )
    large = read("-", stdin=CRASH * 100_000, spool=tmp_path).evidence[0]
    assert isinstance(large.content, Path)
    assert large.content.parent == tmp_path
    assert large.read() == CRASH * 100_000


def test_a_large_input_without_a_place_for_copies_is_read_too() -> None:
    assert read("-", stdin=CRASH * 60_000).evidence[0].size_bytes == len(CRASH) * 60_000


def test_a_pipe_is_copied(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(CRASH,))
    writer.start()
    item = read(pipe).evidence[0]
    writer.join(10)
    assert item.content == CRASH


def test_a_compressed_log_is_unpacked_and_a_compressed_profile_is_not(tmp_path: Path) -> None:
    log = tmp_path / "app.log.gz"
    log.write_bytes(gzip.compress(CRASH * 3))
    bundle = read(log, RECORDED / "heap.pb.gz")
    assert [(item.name, item.read()) for item in bundle.evidence] == [
        ("service.log", CRASH * 3),
        ("heap.pb.gz", (RECORDED / "heap.pb.gz").read_bytes()),
    ]


def test_a_compressed_log_that_is_cut_off_gives_what_it_holds(tmp_path: Path) -> None:
    log = tmp_path / "app.log.gz"
    text = b"".join(b"line %d\n" % number for number in range(200_000))
    log.write_bytes(gzip.compress(text)[:-1000])
    item = read(log).evidence[0]
    assert item.truncated
    assert text.startswith(item.read())
    assert len(item.read()) > 100_000


@pytest.mark.parametrize("compress", [bz2.compress, lzma.compress])
def test_a_log_in_bzip2_or_xz_that_is_cut_off_gives_what_it_holds(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    log = tmp_path / "app.log"
    text = b"".join(b"line %d\n" % number for number in range(200_000))
    log.write_bytes(compress(text)[:-1000])
    item = read(log).evidence[0]
    assert item.truncated
    assert text.startswith(item.read())
    assert len(item.read()) > 100_000


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_no_more_is_unpacked_than_the_cap(compress: Callable[[bytes], bytes]) -> None:
    for size, missing in ((100, False), (101, True), (5_000_000, True)):
        spool = Spool()
        assert unpack_into(spool, io.BytesIO(compress(b"x" * size)), max_bytes=100) is missing
        assert spool.size == 100


def test_zstd_is_named_with_what_to_do(tmp_path: Path) -> None:
    log = tmp_path / "app.log.zst"
    log.write_bytes(b"\x28\xb5\x2f\xfd\x04\x00\x01\x00")
    with pytest.raises(UsageError, match=r"app\.log\.zst: it is compressed with zstd.*`zstd -d`"):
        read(log)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_log_of_two_byte_letters_is_kept_as_utf_8(tmp_path: Path, encoding: str) -> None:
    log = tmp_path / "app.log"
    text = "panic: größer\r\n" * 200_000
    log.write_bytes(text.encode(encoding))
    item = read(log, spool=tmp_path).evidence[0]
    assert (item.name, item.read()) == ("service.log", text.encode())


def test_a_directory_is_a_bundle_and_files_may_join_it(tmp_path: Path) -> None:
    log = tmp_path / "late.log"
    log.write_bytes(CRASH)
    bundle = read(RECORDED, log)
    assert bundle.about["failure"] == "leak-chan-send"
    assert {item.instance for item in bundle.evidence} == {"checkout", "late.log"}
    assert {target.service for target in bundle.targets} == {"checkout"}


def test_sources_that_cannot_be_read_are_failures_beside_those_that_can(tmp_path: Path) -> None:
    empty = tmp_path / "empty.log"
    empty.write_bytes(b"")
    bundle = read(empty, RECORDED / "metrics.txt", tmp_path / "none.txt")
    assert len(bundle.evidence) == 1
    assert [failure.reason.split(": ")[0] for failure in bundle.failures] == [str(empty), str(tmp_path / "none.txt")]
    assert bundle.failures[1].reason.endswith(": No such file or directory")
    assert [target.instance for target in bundle.targets] == ["metrics.txt"], "a file that is not there is no instance"


def test_when_nothing_can_be_read_every_source_has_its_line(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"\n\n")
    (tmp_path / "program").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 300)
    (tmp_path / "damaged.gz").write_bytes(b"\x1f\x8b\x08\x00garbage")
    (tmp_path / "folder").mkdir()
    names = ["empty", "program", "damaged.gz", "folder", "none"]
    with pytest.raises(UsageError) as caught:
        read(*(tmp_path / name for name in names), "-", stdin=b"")
    lines = str(caught.value).split("\n")
    assert len(lines) == 6
    for name, line in zip(names, lines, strict=False):
        assert line.startswith(f"{tmp_path / name}")
    assert lines[-1].startswith("standard input: ")


def test_no_source_at_all_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="give a file"):
        read()


def test_an_endless_binary_device_is_given_up() -> None:
    with pytest.raises(UsageError, match="/dev/zero"):
        read("/dev/zero")


def test_a_small_file_that_unpacks_to_a_huge_one_is_cut_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "huge.gz"
    path.write_bytes(gzip.compress(b"panic: x\n" * 1_000_000))
    bundle = read_files([str(path)], service="checkout", sniff=sniff, now=NOON, max_unpacked_bytes=2_000_000)
    (item,) = bundle.evidence
    assert (item.size_bytes, item.truncated) == (2_000_000, True)
    assert [failure.reason.partition(",")[0] for failure in bundle.failures] == [f"{path}: only its first 2 MB were read"]
