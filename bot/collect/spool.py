"""`Spool`: bytes of unknown length stay in memory while they are few, and go to a file when they are many."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO

MEMORY_BYTES = 4 * 1024 * 1024


class Spool:
    """Bytes written piece by piece; `content()` gives them as bytes, or as a file when there are more than `memory_bytes`.

    The file stays in `directory` for as long as the evidence is needed; whoever made the directory removes it. Without a
    directory one is made, and removed when the program ends.
    """

    def __init__(self, directory: Path | None = None, *, memory_bytes: int = MEMORY_BYTES) -> None:
        self._directory = directory
        self._memory_bytes = memory_bytes
        self._memory = bytearray()
        self._path: Path | None = None
        self._file: BinaryIO | None = None
        self.size = 0

    def write(self, piece: bytes) -> None:
        """Add bytes at the end."""
        self.size += len(piece)
        if self._file is None and self.size > self._memory_bytes:
            self._path = self._new_file()
            self._file = self._path.open("wb")
            self._file.write(self._memory)
            self._memory.clear()
        if self._file is None:
            self._memory += piece
        else:
            self._file.write(piece)

    def content(self) -> bytes | Path:
        """Return what was written. Nothing can be written after it."""
        if self._file is None or self._path is None:
            return bytes(self._memory)
        self._file.close()
        return self._path

    def discard(self) -> None:
        """Forget what was written, the file included."""
        self._memory.clear()
        if self._file is not None and self._path is not None:
            self._file.close()
            self._path.unlink(missing_ok=True)

    def _new_file(self) -> Path:
        directory = self._directory
        if directory is None:
            directory = Path(tempfile.mkdtemp(prefix="gocrash-"))
            atexit.register(shutil.rmtree, directory, ignore_errors=True)
        with tempfile.NamedTemporaryFile(dir=directory, prefix="evidence-", delete=False) as handle:
            return Path(handle.name)
