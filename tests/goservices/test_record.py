"""The recorder leaves a bundle, and what is recorded is real, complete, small and neutral."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
import recorder
import shop
import yaml
from hypothesis import given
from hypothesis import strategies as st

HERE = Path(__file__).parent
RECORDED = HERE / "recorded"
LIVE = {"metrics.txt", "goroutine.pb.gz", "goroutine.debug1.txt", "goroutine.txt", "heap.pb.gz"}
ALWAYS = {"service.log", "meta.yaml"}
SIZE_LIMIT = 6 << 20


def files(directory: Path) -> set[str]:
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}


def test_recorder_saves_a_live_bundle(tmp_path: Path) -> None:
    arguments = ["leak-chan-send", str(tmp_path / "bundle"), "--count", "20"]
    subprocess.run([sys.executable, HERE / "record.py", *arguments], check=True, timeout=120)
    assert files(tmp_path / "bundle") == LIVE | ALWAYS | {"goroutineleak.txt", "second/goroutine.txt"}
    assert (tmp_path / "bundle/goroutine.txt").read_text().count("[chan send]") == 20
    assert (tmp_path / "bundle/second/goroutine.txt").read_text().count("[chan send (leaked)]") == 20
    assert b"/app/shop" in gzip.decompress((tmp_path / "bundle/goroutine.pb.gz").read_bytes())


def test_recorder_refuses_a_path_of_the_machine(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="build with -trimpath"):
        recorder.save(tmp_path / "out" / "service.log", f"{tmp_path}/main.go:3".encode(), tmp_path / "shop")
    assert not (tmp_path / "out").exists()


@given(st.integers(min_value=0, max_value=2**64 - 1))
def test_a_varint_survives_being_written_and_read(value: int) -> None:
    assert list(recorder.varints(BytesIO(recorder.encoded(value)))) == [value]


@pytest.mark.parametrize("release", ["go1.21", "go1.24", "go1.26", "go1.27"])
def test_the_recorded_failures_are_the_same_with_every_release(release: str, shop_binary: Path) -> None:
    names = {path.name for path in (RECORDED / release).iterdir()}
    assert names == {path.name for path in (RECORDED / "go1.27").iterdir()} <= set(shop.failures(shop_binary))
    for directory in (RECORDED / release).iterdir():
        meta = yaml.safe_load((directory / "meta.yaml").read_text())
        assert meta["go_version"].startswith(release)
        assert (meta["service"], meta["failure"]) == ("checkout", directory.name)
        expected = ALWAYS if meta["exit_status"] == shop.CRASH_STATUS else ALWAYS | LIVE
        assert expected <= files(directory), directory


def test_aged_recordings_show_minutes_waited() -> None:
    for directory in (RECORDED / "go1.27-aged").iterdir():
        minutes = [int(found) for found in re.findall(r", (\d+) minutes", (directory / "goroutine.txt").read_text())]
        assert max(minutes) >= 10, directory


def test_recorded_tree_is_small_and_names_no_machine() -> None:
    paths = [path for path in RECORDED.rglob("*") if path.is_file()]
    assert paths
    assert sum(path.stat().st_size for path in paths) < SIZE_LIMIT
    for path in paths:
        content = path.read_bytes()
        plain = gzip.decompress(content) if path.suffix == ".gz" else content
        assert not re.search(rb"/(tmp|root|home|usr|var|opt)/", plain), path
        assert f"{shop.MODULE.parents[1]}/".encode() not in plain, path
