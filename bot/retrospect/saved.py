"""The evidence of an incident, collection by collection, with what was said about each → `Saved`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import UsageError
from bot.incidents.store import Store
from bot.model.evidence import Bundle, CollectFailure, Evidence, Kind, Target

MISSING = "its file is missing: put it back from a backup"


@dataclass(frozen=True, slots=True)
class Saved:
    """Evidence, and what was said about it then as `--format json` gives it; None when that was not saved."""

    bundle: Bundle
    document: Mapping[str, Any] | None


def saved_incident(store: Store, number: int) -> Saved:
    """Return the last diagnosis of an incident whose evidence is still there, with exactly that evidence.

    Raises:
        UsageError: there is no such incident, or it has no evidence, or all files of that evidence are missing.
    """
    incident = store.incidents.get(number)
    collections = saved_collections(store, number)
    if not collections:
        raise UsageError(f"{incident.key} has no evidence (any more): `gocrash db prune` removes what is old")
    last = collections[-1]
    if not last.bundle.evidence:
        raise UsageError(f"all evidence of {incident.key} is missing: `gocrash db check` names the files, put them back")
    return last


def saved_collections(store: Store, number: int) -> tuple[Saved, ...]:
    """Return each collection of an incident with the last diagnosis that was made from it; those without one come first.

    A diagnosis of an older gocrash does not say which evidence it was made from: that was the last collection.

    Raises:
        UsageError: there is no such incident.
    """
    service, collections = store.incidents.get(number).service, store.evidence.collections(number)
    said: dict[int | None, Mapping[str, Any]] = {each.collected_by: each.document for each in store.diagnoses.recorded(number)}
    if None in said and collections:
        said.setdefault(next(reversed(collections)), said[None])
    saved = [Saved(bundle_of(service, pieces, said.get(job)), said.get(job)) for job, pieces in collections.items()]
    return tuple(sorted(saved, key=lambda each: each.document is not None))


def bundle_of(service: str, evidence: Sequence[Evidence], document: Mapping[str, Any] | None) -> Bundle:
    """Return one collection as a bundle; what could not be collected then stands in the diagnosis' document.

    Evidence whose file is missing is one more failure.
    """
    reports = document["targets"] if document else ()
    targets = {piece.instance: piece.target for piece in evidence if piece.target}
    for report in reports:
        if report["instance"] != service:
            targets.setdefault(report["instance"], Target(service, report["instance"]))
    return Bundle(
        service=service,
        taken_at=min(piece.collected_at for piece in evidence),
        targets=tuple(targets.values()),
        evidence=tuple(piece for piece in evidence if not piece.missing_file),
        failures=(
            *(
                CollectFailure(kind=Kind(failure["kind"]), reason=failure["reason"], target=targets.get(report["instance"]))
                for report in reports
                for failure in report["failures"]
            ),
            *(
                CollectFailure(kind=piece.kind, reason=f"{MISSING} ({piece.missing_file})", target=piece.target)
                for piece in evidence
                if piece.missing_file
            ),
        ),
    )


def missing_from(bundle: Bundle) -> tuple[str, ...]:
    """Name the evidence of a bundle whose file is missing, one sentence each."""
    return tuple(
        f"{failure.kind} of {failure.target.instance if failure.target else bundle.service}: {failure.reason}"
        for failure in bundle.failures
        if failure.reason.startswith(MISSING)
    )
