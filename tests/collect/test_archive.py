from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from bot.collect.archive import is_archive, pack, unpack
from bot.errors import UsageError


@pytest.mark.parametrize("name", ["saved.tar", "saved.tar.gz", "saved.tgz"])
def test_what_is_packed_comes_back(tmp_path: Path, name: str) -> None:
    directory = tmp_path / "INC-7"
    (directory / "second").mkdir(parents=True)
    (directory / "second" / "heap.pb.gz").write_bytes(b"\x1f\x8b")
    file = tmp_path / name
    pack(directory, file)
    assert is_archive(file)
    back = unpack(file, tmp_path / "unpacked")
    assert back.name == "INC-7"
    assert (back / "second" / "heap.pb.gz").read_bytes() == b"\x1f\x8b"
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("content", [b"", b"\0" * 2048, b"panic: nothing\n", b"\x1f\x8b not gzip"])
def test_other_files_are_no_archives(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "service.log"
    file.write_bytes(content)
    assert not is_archive(file)
    assert not is_archive(tmp_path)
    assert not is_archive(tmp_path / "missing")


def test_nothing_is_written_outside(tmp_path: Path) -> None:
    file = tmp_path / "bad.tar"
    with tarfile.open(file, "w") as packed:
        member = tarfile.TarInfo("../escaped")
        member.size = 3
        packed.addfile(member, io.BytesIO(b"bad"))
    with pytest.raises(UsageError, match="export it again"):
        unpack(file, tmp_path / "in" / "to")
    assert not list(tmp_path.rglob("escaped"))


def test_links_stay_in_the_archive(tmp_path: Path) -> None:
    file = tmp_path / "links.tar"
    with tarfile.open(file, "w") as packed:
        link = tarfile.TarInfo("saved/service.log")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        packed.addfile(link)
        packed.addfile(tarfile.TarInfo("saved/gateway.log"))
    assert [path.name for path in unpack(file, tmp_path / "out").iterdir()] == ["gateway.log"]


def test_a_cut_archive_and_a_place_that_cannot_be_written_are_said(tmp_path: Path) -> None:
    directory = tmp_path / "INC-7"
    directory.mkdir()
    (directory / "service.log").write_bytes(bytes(range(256)) * 400)
    file = tmp_path / "saved.tar.gz"
    pack(directory, file)
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(UsageError, match="is damaged or no archive of ours"):
        unpack(file, tmp_path / "out")
    with pytest.raises(UsageError, match="cannot write"):
        pack(directory, tmp_path / "nowhere" / "saved.tar")
