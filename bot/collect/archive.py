"""Archives: a directory as one tar file, written, recognised and read back."""

from __future__ import annotations

import tarfile
from pathlib import Path

from bot.errors import UsageError


def pack(directory: Path, file: Path) -> None:
    """Write a directory as a tar file, compressed where the name ends in `.gz` or `.tgz`; it appears complete or not at all.

    Raises:
        UsageError: the file cannot be written.
    """
    partial = file.with_name(f"{file.name}.partial")
    try:
        if file.suffix in (".gz", ".tgz"):
            with tarfile.open(partial, "w:gz") as packed:
                packed.add(directory, directory.name)
        else:
            with tarfile.open(partial, "w") as packed:
                packed.add(directory, directory.name)
        partial.replace(file)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UsageError(f"cannot write {file} ({error.strerror or error}): free some space or name another file") from error


def is_archive(file: Path) -> bool:
    """Tell whether a path is a tar file that holds something."""
    if not file.is_file():
        return False
    try:
        with tarfile.open(file) as packed:
            return packed.next() is not None
    except (tarfile.TarError, OSError, EOFError):
        return False


def unpack(file: Path, into: Path) -> Path:
    """Unpack a tar file into a directory, and return the directory in it that holds the bundle.

    Only files and directories come out, and none of them outside of `into`, whatever the archive says.

    Raises:
        UsageError: the archive is damaged, or would write elsewhere.
    """
    try:
        with tarfile.open(file) as packed:
            wanted = [member for member in packed if member.isfile() or member.isdir()]
            packed.extractall(into, wanted, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise UsageError(f"{file} is damaged or no archive of ours ({error}): export it again") from error
    entries = list(into.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else into
