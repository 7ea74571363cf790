"""An incident of the store → everything that its postmortem is made of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.config import Config
from bot.model.incident import Incident

if TYPE_CHECKING:
    from bot.incidents.store import Store
    from bot.model.numbers import Budget
    from bot.render.postmortem import Known


def known_of(store: Store, number: int, config: Config, *, now: datetime) -> Known:
    """Collect what is known of an incident; runbook and link come from judging its evidence again, where that still exists.

    Raises:
        UsageError: there is no such incident.
        ConfigError: playbooks are wrong.
    """
    from bot.render.postmortem import Known  # noqa: PLC0415  # `--help` needs none of it

    incident = store.incidents.get(number)
    documents = store.diagnoses.of(number)
    telling = [document for document in documents if document["findings"]] or list(documents)
    times = store.numbers.times(since=incident.opened_at, service=incident.service)
    prevention, culprit_url = _from_evidence(store, incident, telling[-1] if telling else None, config)
    return Known(
        incident=incident,
        events=store.timeline.of(number),
        times=next(each for each in times if each.number == number),
        document=telling[-1] if telling else None,
        evidence=store.evidence.of_incident(number),
        earlier=store.memory.related(number),
        prevention=prevention,
        culprit_url=culprit_url,
        budget=_budget(store, incident, config, now),
    )


def _from_evidence(store: Store, incident: Incident, document: dict[str, Any] | None, config: Config) -> tuple[str, str]:
    """Return the Prevention of the first finding's runbook, and the link to its culprit; empty where they cannot be had."""
    from bot.cli.saved import bundle_of  # noqa: PLC0415
    from bot.cli.sources import subject_of  # noqa: PLC0415
    from bot.diagnose import judge, load_engine  # noqa: PLC0415
    from bot.render.postmortem import prevention_of  # noqa: PLC0415
    from bot.render.source import source_link  # noqa: PLC0415

    if not document or not document["findings"]:
        return "", ""
    wanted = document["findings"][0]["fingerprint"]
    service, subject = config.services.get(incident.service), subject_of(incident.service, config)
    engine = load_engine(config)
    for collection in reversed(store.evidence.collections(incident.number)):
        outcome = judge(bundle_of(incident.service, collection, None), engine, subject)
        found = next((each for each in outcome.diagnosis.findings if each.fingerprint == wanted), None)
        if found:
            revision = next((row.revision for row in outcome.facts.runtime if row.revision), "")
            template, modules = service.source_url if service else "", subject.own_modules
            url = source_link(found.culprit, template=template, revision=revision, modules=modules) if found.culprit else ""
            return prevention_of(outcome.diagnosis.runbooks[wanted]), url
    return "", ""


def _budget(store: Store, incident: Incident, config: Config, now: datetime) -> Budget | None:
    from bot.incidents import numbers  # noqa: PLC0415

    service = config.services.get(incident.service)
    if service is None or service.slo is None:
        return None
    slo = service.slo
    since = now - timedelta(seconds=slo.window)
    outages = store.numbers.outages(incident.service, severities=slo.severities, since=since, now=now)
    return numbers.budget(incident.service, outages, objective_percent=slo.objective, window_seconds=slo.window)
