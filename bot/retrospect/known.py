"""An incident of the store → everything that its postmortem is made of; all incidents → what they come to in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.config import Config, Service
from bot.diagnose import Engine, judge, subject_of
from bot.incidents import numbers
from bot.incidents.diagnoses import Recorded
from bot.incidents.store import Store
from bot.model.evidence import Evidence
from bot.model.incident import Incident
from bot.model.numbers import Budget, Outage
from bot.render.growth import Growth, growths_of
from bot.render.numbers import Statistics
from bot.render.postmortem import Known, prevention_of
from bot.render.source import source_link
from bot.retrospect.saved import bundle_of


def known_of(store: Store, number: int, config: Config, engine: Engine, *, now: datetime) -> Known:
    """Collect what is known of an incident; runbook and link come from judging its evidence again, where that still exists.

    Raises:
        UsageError: there is no such incident.
    """
    incident = store.incidents.get(number)
    diagnoses = store.diagnoses.recorded(number)
    documents = [each.document for each in diagnoses]
    telling = [document for document in documents if document["findings"]] or list(documents)
    times = store.numbers.times(since=incident.opened_at, service=incident.service)
    evidence = store.evidence.of_incident(number)
    judged = _from_evidence(store, incident, telling[-1] if telling else None, config, engine)
    return Known(
        incident=incident,
        events=store.timeline.of(number),
        times=next(each for each in times if each.number == number),
        document=telling[-1] if telling else None,
        evidence=evidence,
        earlier=store.memory.related(number),
        named_at=_named_at(diagnoses, telling[-1] if telling else None),
        proved_by=_proved_by(telling[-1] if telling else None, judged.collection, evidence),
        prevention=judged.prevention,
        culprit_url=judged.culprit_url,
        budget=budget_of(store, incident.service, config, now),
        growths=growths_in(store, number, engine),
    )


def growths_in(store: Store, number: int, engine: Engine) -> tuple[Growth, ...]:
    """Return what the findings of an incident measured at each diagnosis."""
    measures = {playbook.name: playbook.rule.measure for playbook in engine.playbooks}
    return growths_of(store.diagnoses.measures(number), measures)


@dataclass(frozen=True, slots=True)
class _Judged:
    """What judging a collection again gives: Prevention of the first finding's runbook, the culprit's link, the collection."""

    prevention: str = ""
    culprit_url: str = ""
    collection: tuple[Evidence, ...] = ()


def _from_evidence(
    store: Store, incident: Incident, document: Mapping[str, Any] | None, config: Config, engine: Engine
) -> _Judged:
    """Judge the newest collection in which the first finding is found; nothing is known where there is none."""
    if not document or not document["findings"]:
        return _Judged()
    wanted = document["findings"][0]["fingerprint"]
    service, subject = config.services.get(incident.service), subject_of(incident.service, config)
    for collection in reversed(store.evidence.collections(incident.number).values()):
        outcome = judge(bundle_of(incident.service, collection, None), engine, subject)
        found = next((each for each in outcome.diagnosis.findings if each.fingerprint == wanted), None)
        if found:
            revision = next((row.revision for row in outcome.facts.runtime if row.revision), "")
            template, modules = service.source_url if service else "", subject.own_modules
            url = source_link(found.culprit, template=template, revision=revision, modules=modules) if found.culprit else ""
            return _Judged(prevention_of(outcome.diagnosis.runbooks[wanted]), url, collection)
    return _Judged()


def _named_at(diagnoses: Sequence[Recorded], telling: Mapping[str, Any] | None) -> datetime | None:
    """Return when a diagnosis that found what the telling one blames was first told: the time of its event in the timeline."""
    if not telling or not telling["findings"]:
        return None
    blamed = telling["findings"][0]["fingerprint"]
    found = (each for each in diagnoses if any(finding["fingerprint"] == blamed for finding in each.document["findings"]))
    return next((each.recorded_at for each in found), None)


def _proved_by(
    telling: Mapping[str, Any] | None, collection: Sequence[Evidence], evidence: Sequence[Evidence]
) -> tuple[int | None, ...]:
    """Return for each proof of the first finding the piece of evidence that holds it, by its index.

    A proof names kind and instance; of several such pieces it is the one whose text holds the excerpt.
    """
    if not telling or not telling["findings"]:
        return ()
    return tuple(_piece_of(proof, collection, evidence) for proof in telling["findings"][0]["evidence"])


def _piece_of(proof: Mapping[str, Any], collection: Sequence[Evidence], evidence: Sequence[Evidence]) -> int | None:
    of_kind = [piece for piece in collection if piece.kind == proof["kind"]]
    own = [piece for piece in of_kind if piece.instance == proof["source"]] or of_kind
    first_line = next(iter(proof["excerpt"].strip().splitlines()), "").encode("utf-8", "replace")
    holding = [piece for piece in own if first_line and _holds(piece, first_line)]
    return next((evidence.index(piece) for piece in (*holding, *own)), None)


def _holds(piece: Evidence, line: bytes) -> bool:
    with suppress(OSError), piece.open() as content:
        return any(line in each for each in content)
    return False


def statistics_of(store: Store, service: str | None, config: Config, *, since: datetime, now: datetime) -> Statistics:
    """Count the incidents opened since then, of one service or of all, and take stock of the error budgets."""
    times = store.numbers.times(since=since, service=service)
    asked = [each for each in config.services.values() if service in (None, each.name)]
    return Statistics(
        since=since,
        until=now,
        groups={
            "service": numbers.summarise(times, lambda each: each.service),
            "class": numbers.summarise(times, lambda each: each.failure_class),
            "severity": sorted(numbers.summarise(times, lambda each: each.severity), key=lambda group: group.name),
        },
        weeks=numbers.by_week(times, since=since, now=now),
        recurrences=store.numbers.recurrences(since=since, service=service),
        playbooks=store.feedback.per_playbook(since, service=service),
        budgets=[
            (budget, numbers.burn_down(outages_of(store, each, now), budget, now=now))
            for each in asked
            if (budget := budget_of(store, each.name, config, now))
        ],
    )


def budget_of(store: Store, name: str, config: Config, now: datetime) -> Budget | None:
    """Return how much of a service's error budget is spent; None when it has no objective."""
    service = config.services.get(name)
    if service is None or service.slo is None:
        return None
    slo = service.slo
    outages = outages_of(store, service, now)
    return numbers.budget(name, outages, objective_percent=slo.objective, window_seconds=slo.window)


def outages_of(store: Store, service: Service, now: datetime) -> tuple[Outage, ...]:
    """Return when a service with an objective was ill within its window."""
    if service.slo is None:
        return ()
    since = now - timedelta(seconds=service.slo.window)
    return store.numbers.outages(service.name, severities=service.slo.severities, since=since, now=now)
