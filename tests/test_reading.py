"""Large evidence is masked and parsed in another process, with the same outcome; the bot outlives that process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import CollectError
from bot.model.evidence import Evidence, Kind
from bot.parse.read import read
from bot.reading import LARGE_BYTES, Readers
from bot.redact import Redactor

NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
DUMP = Path(__file__).parent / "goservices" / "recorded" / "go1.27" / "leak-chan-send" / "goroutine.txt"
SECRET = b"password=hunter2secret"


@pytest.fixture
def readers() -> Iterator[Readers]:
    readers = Readers(redact=("hunter3",))
    yield readers
    readers.close()


@pytest.fixture
def large(tmp_path: Path) -> Evidence:
    path = tmp_path / "goroutine.txt"
    path.write_bytes(b"\n".join([DUMP.read_bytes()] * 8) + b"\n# " + SECRET + b" hunter3\n")
    assert path.stat().st_size > LARGE_BYTES
    return Evidence(kind=Kind.GOROUTINE, name="goroutine.txt", content=path, source="test", collected_at=NOW)


def test_a_large_text_is_read_as_a_small_one(readers: Readers, large: Evidence) -> None:
    parsed = readers.read(large)
    assert parsed == read(large)
    assert parsed.evidence is large


def test_masking_copies_and_leaves_its_source_alone(readers: Readers, large: Evidence, tmp_path: Path) -> None:
    before, directory = large.read(), tmp_path / "copy"
    directory.mkdir()
    masked = readers.mask(large, directory)
    assert large.read() == before
    assert masked.masked == 2
    assert masked.content == directory / "goroutine.txt"
    assert SECRET not in masked.read()
    assert masked.read() == Redactor(("hunter3",)).data(before)[0]


def test_a_small_file_is_left_alone_too(readers: Readers, large: Evidence, tmp_path: Path) -> None:
    small = tmp_path / "small.txt"
    small.write_bytes(SECRET)
    directory = tmp_path / "copy"
    directory.mkdir()
    masked = readers.mask(replace(large, content=small), directory)
    assert small.read_bytes() == SECRET
    assert SECRET not in masked.read()


def test_a_private_key_across_blocks_is_masked_whole(tmp_path: Path) -> None:
    key = b"-----BEGIN RSA PRIVATE KEY-----\n" + b"A1b2C3d4" * 8 + b"\n" + b"E5f6G7h8" * 8 + b"\n-----END RSA PRIVATE KEY-----\n"
    for before in range((1 << 20) - 120, (1 << 20) + 40, 40):
        path = tmp_path / f"{before}.txt"
        path.write_bytes(b"x" * 60 + (b"\n" * (before - 60)) + key)
        with path.open("rb") as source, (tmp_path / "out").open("wb") as sink:
            assert Redactor().stream(source, sink) == 1
        assert b"A1b2C3d4" not in (tmp_path / "out").read_bytes()
        assert b"E5f6G7h8" not in (tmp_path / "out").read_bytes()


class Deadly(bytes):
    """Ends the process that it is handed over to."""

    def __reduce__(self) -> tuple[Callable[[], object], tuple[()]]:
        return os.abort, ()


def test_the_bot_outlives_a_reader_that_is_ended(readers: Readers, large: Evidence, tmp_path: Path) -> None:
    deadly = replace(large, content=Deadly(LARGE_BYTES))
    assert "want of memory" in readers.read(deadly).error
    with pytest.raises(CollectError, match="want of memory"):
        readers.mask(deadly, tmp_path)
    assert readers.read(large) == read(large)
