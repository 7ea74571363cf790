"""Incidents made of recorded evidence, as the bot would have kept them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from bot.collect.bundle import read_bundle
from bot.diagnose import Subject, judge, load_engine
from bot.incidents.incidents import SERVICE_KEY
from bot.incidents.store import Store
from bot.model.incident import Incident
from bot.render.document import document

RECORDED = Path(__file__).parents[1] / "goservices" / "recorded" / "go1.27"


def remember(store: Store, recording: str, *, now: datetime, service: str = "checkout") -> Incident:
    """Diagnose a recording, and keep evidence and diagnosis in the service's incident, opened where there is none."""
    job = store.queue.enqueue(kind="diagnose", payload={}, now=now)
    bundle = read_bundle(RECORDED / recording)
    diagnosis = judge(bundle, load_engine(), Subject(name=service)).diagnosis
    incident, _ = store.incidents.open_or_join(
        service=service, dedup_key=SERVICE_KEY, title=diagnosis.verdict, severity="SEV3", opened_by="ana", now=now
    )
    for piece in bundle.evidence:
        store.evidence.put(piece, service=service, job=job)
    store.evidence.attach(job=job, incident=incident.number)
    store.diagnoses.record(incident.number, diagnosis, document(diagnosis), actor="ana", now=now, job=job)
    return incident
