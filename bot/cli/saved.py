"""Saved evidence in files: an exported archive or a bundle directory → `Saved`."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from bot.collect.archive import is_archive, unpack
from bot.collect.bundle import is_bundle, read_bundle
from bot.errors import UsageError
from bot.retrospect.saved import Saved

DIAGNOSIS = "diagnosis.json"


def saved_path(path: Path) -> Saved:
    """Return what an archive or a bundle directory holds; an archive stays unpacked until the command ends.

    Raises:
        UsageError: it is neither.
    """
    directory = unpacked(path) if is_archive(path) else path
    said = directory / DIAGNOSIS
    try:
        return Saved(read_bundle(directory), json.loads(said.read_text("utf-8")) if said.exists() else None)
    except ValueError as error:
        raise UsageError(f"{said} is no JSON ({error}): export the incident again, or remove the file") from error


def unpacked(archive: Path) -> Path:
    """Unpack an archive for as long as the command runs, and return the bundle in it.

    Raises:
        UsageError: it is damaged, or holds no evidence.
    """
    scratch = click.get_current_context().with_resource(TemporaryDirectory(prefix="gocrash-"))
    directory = unpack(archive, Path(scratch))
    if not is_bundle(directory):
        raise UsageError(f"{archive} holds no evidence: it was exported from an incident that had none, or is no export")
    return directory
