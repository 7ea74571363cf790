from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from bot.errors import ParseError
from bot.model.evidence import Kind
from bot.parse.sniff import sniff

RECORDED = Path(__file__).parents[1] / "goservices" / "recorded"
EVIDENCE = sorted(path for path in RECORDED.glob("go1.*/*/*") if path.is_file() and path.suffix != ".yaml")


@pytest.mark.parametrize("path", EVIDENCE, ids=lambda path: "/".join(path.parts[-3:]))
def test_recorded_evidence_is_what_its_name_says(path: Path) -> None:
    content = path.read_bytes()
    kind = sniff(content)
    assert path.name.startswith(str(kind))
    if path.suffix == ".gz":
        assert sniff(gzip.decompress(content)) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"goroutine 1 gp=0x7d m=0 mp=0x6a [running]:\nmain.main()\n", Kind.GOROUTINE),
        (b"goroutine profile: total 3\n", Kind.GOROUTINE),
        (b"goroutineleak profile: total 3\n", Kind.GOROUTINELEAK),
        (b"heap profile: 2344: 36940096 [2587: 69935296] @ heap/8192\n", Kind.HEAP),
        (b"--- mutex:\ncycles/second=2000\n", Kind.MUTEX),
        (b"--- contention:\ncycles/second=2000\n", Kind.BLOCK),
        (b"# HELP go_goroutines Number\n# TYPE go_goroutines gauge\ngo_goroutines 7\n", Kind.METRICS),
        (b'go_goroutines 7\nhttp_requests_total{code="200"} 1e+06 1763679817000\n', Kind.METRICS),
        (b'{"apiVersion":"v1","items":[{"kind":"Pod"}],"kind":"List"}', Kind.PODS),
        (b'{\n  "apiVersion": "v1",\n  "items": [],\n  "kind": "EventList"\n}', Kind.EVENTS),
        (b'{"time":"2026-11-20T23:03:37Z","level":"INFO","msg":"ready","kind":"Pod"}\n', Kind.SERVICE_LOG),
        (
            b"2026/11/20 23:03:37 [error] 31#31: *7 connect() failed (111: Connection refused) while connecting\n",
            Kind.GATEWAY_LOG,
        ),
        (
            b'2026-11-20T14:02:11+0000 node-4 kubelet[1187]: I1120 14:02:11.118204    1187 prober.go:107] "Probe failed"\n',
            Kind.KUBELET_LOG,
        ),
        (b'E1120 14:02:11.118204    1187 pod_workers.go:1300] "Error syncing pod, skipping" err="x"\n', Kind.KUBELET_LOG),
        (b'I1120 14:02:11.118204    1187 controller.go:107] "Reconciling" pod="shop/a"\n', Kind.SERVICE_LOG),
        (b'I1120 14:02:11.118204    1187 kubelet.go:1] "x"\npanic: boom\n', Kind.SERVICE_LOG),
        (b"[12345.678901] Memory cgroup out of memory: Killed process 31 (shop)\n", Kind.KERNEL_LOG),
        (b"goroutine 28 [running]:\nmain.f()\n\t/src/f.go:3 +0x1d\nexit status 2\n", Kind.SERVICE_LOG),
        (b"\xef\xbb\xbf2026/11/20 23:03:37 ready\n", Kind.SERVICE_LOG),
        (b"web-1  | panic: boom\nweb-1  | goroutine 1 [running]:\n", Kind.SERVICE_LOG),
        (b"just words", Kind.SERVICE_LOG),
    ],
)
def test_texts(text: bytes, kind: Kind) -> None:
    assert sniff(text) == kind


@pytest.mark.parametrize(
    "prefix",
    [
        "[12345.678901] ",
        "<4>[12345.678901] ",
        "[Fri Nov 20 14:02:11 2026] ",
        "[Fri Nov  2 14:02:11 2026] ",
        "[Nov20 14:02] ",
        "[  +0.000003] ",
        "2026-11-20T14:02:11,123456+00:00 ",
        "kern  :err   : [12345.678901] ",
        "kern  :warn  : [Fri Nov 20 14:02:11 2026] ",
        "Nov 20 14:02:11 node-4 kernel: ",
        "2026-11-20T14:02:11+0000 node-4 kernel: ",
        "Fri 2026-11-20 14:02:11 UTC node-4 kernel: ",
        '{"PRIORITY":"4","_TRANSPORT":"kernel","MESSAGE":"',
    ],
)
def test_the_kernels_words_are_known_in_each_form_of_its_log(prefix: str) -> None:
    lines = ["checkout invoked oom-killer: gfp_mask=0xcc0", "Memory cgroup out of memory: Killed process 31 (checkout)"]
    assert sniff("".join(f"{prefix}{line}\n" for line in lines).encode()) is Kind.KERNEL_LOG


def test_a_service_that_speaks_of_the_kernels_words_is_no_kernel() -> None:
    assert sniff(b"2026/11/20 23:03:37 worker gone: Out of memory: Killed process 31\n") is Kind.SERVICE_LOG


@pytest.mark.parametrize("content", [b"", b" \n\t\n", b"\x00\x00\x00"])
def test_nothing_is_refused(content: bytes) -> None:
    with pytest.raises(ParseError, match="empty"):
        sniff(content)


@pytest.mark.parametrize(
    "content",
    [b"\x7fELF\x02\x01\x01\x00\x00", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", gzip.compress(b"\x00\x01\x02" * 99, mtime=0)],
)
def test_other_binary_files_are_refused(content: bytes) -> None:
    with pytest.raises(ParseError, match="binary"):
        sniff(content)


def test_damaged_gzip_is_refused() -> None:
    with pytest.raises(ParseError, match="damaged"):
        sniff(b"\x1f\x8b\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")
