"""Saved evidence, wherever it is: an incident of the store, an exported archive, a bundle directory → `Saved`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from bot.collect.archive import is_archive, unpack
from bot.collect.bundle import read_bundle
from bot.errors import UsageError
from bot.model.evidence import Bundle, CollectFailure, Evidence, Kind, Target

if TYPE_CHECKING:
    from bot.incidents.store import Store

DIAGNOSIS = "diagnosis.json"


@dataclass(frozen=True, slots=True)
class Saved:
    """Evidence, and what was said about it then as `--format json` gives it; None when that was not saved."""

    bundle: Bundle
    document: Mapping[str, Any] | None


def saved_incident(store: Store, number: int) -> Saved:
    """Return what was collected last for an incident, and its last diagnosis.

    Raises:
        UsageError: there is no such incident, or it has no evidence.
    """
    incident = store.incidents.get(number)
    collections = store.evidence.collections(number)
    if not collections:
        raise UsageError(f"{incident.key} has no evidence (any more): `gocrash db prune` removes what is old")
    document = store.diagnoses.latest(number)
    return Saved(bundle_of(incident.service, collections[-1], document), document)


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
    """Unpack an archive for as long as the command runs, and return the bundle in it."""
    scratch = click.get_current_context().with_resource(TemporaryDirectory(prefix="gocrash-"))
    return unpack(archive, Path(scratch))


def bundle_of(service: str, evidence: Sequence[Evidence], document: Mapping[str, Any] | None) -> Bundle:
    """Return one collection as a bundle; what could not be collected then stands in the diagnosis' document."""
    reports = document["targets"] if document else ()
    targets = {piece.instance: piece.target for piece in evidence if piece.target}
    for report in reports:
        if report["instance"] != service:
            targets.setdefault(report["instance"], Target(service, report["instance"]))
    return Bundle(
        service=service,
        taken_at=min(piece.collected_at for piece in evidence),
        targets=tuple(targets.values()),
        evidence=tuple(evidence),
        failures=tuple(
            CollectFailure(kind=Kind(failure["kind"]), reason=failure["reason"], target=targets.get(report["instance"]))
            for report in reports
            for failure in report["failures"]
        ),
    )
