"""`changes`: what differs from the last healthy baseline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from bot.facts.culprit import Ownership
from bot.facts.growth import BASELINE, Growth
from bot.facts.kubernetes import Json, image, name
from bot.facts.pages import go_version_of, pages_of, revision_of
from bot.facts.readings import Instance, Readings
from bot.model.digest import digest
from bot.model.evidence import Kind
from bot.model.facts import AllocationGrowthRow, ChangeRow
from bot.model.snapshot import KubernetesList

SAMPLED_BYTES = 512 * 1024
"""A heap profile samples one allocation in so many bytes: whether a site of less is seen in it is chance."""


def version_changes(instance: Instance) -> list[ChangeRow]:
    """Return a row for the Go version and for the revision where the metrics of both moments name different ones."""
    earlier, later = pages_of(instance.healthy), pages_of(instance.now)
    if not earlier or not later:
        return []
    before, now = earlier[0], later[0]
    started = now.page.value("process_start_time_seconds") or 0.0
    changed_at = datetime.fromtimestamp(started, UTC) if before.at.timestamp() < started <= now.at.timestamp() else None
    pairs = (
        ("revision", revision_of(before.page), revision_of(now.page)),
        ("go_version", go_version_of(before.page), go_version_of(now.page)),
    )
    return [
        ChangeRow(
            kind=kind,
            before=old,
            after=new,
            changed_at=changed_at,
            instance=instance.name,
            target=instance.name,
            evidence=now.evidence.name,
        )
        for kind, old, new in pairs
        if old and new and old != new
    ]


def platform_changes(instances: Sequence[Instance]) -> list[ChangeRow]:
    """Return rows for what the pods show: image, number of replicas, and environment (by the names of its variables only)."""
    before = [pod for instance in instances for pod in _pods(instance.healthy) if not _has_ended(pod)]
    now = [pod for instance in instances for pod in _pods(instance.now) if not _has_ended(pod)]
    if not before or not now:
        return []
    rows = []
    for kind, old, new in (
        ("image", _joined(image(pod) or "" for pod in before), _joined(image(pod) or "" for pod in now)),
        ("replicas", str(len(before)), str(len(now))),
        ("config", *_changed_variables(_newest(before), _newest(now))),
    ):
        if old != new:
            rows.append(
                ChangeRow(kind=kind, before=old or None, after=new or None, evidence="pods.json", locator=f"pod {name(now[0])}")
            )
    return rows


def new_code(growth: Growth, sites: Sequence[AllocationGrowthRow], ownership: Ownership) -> list[ChangeRow]:
    """Return a row for each stack of the service's own code, and each allocation site, that the baseline did not have."""
    rows = []
    now = next((moment for moment in growth.moments if moment.against == BASELINE), None)
    if now is not None and growth.moments[0] is not now:
        for key in [key for key in now.groups if key not in growth.moments[0].counts]:
            group = now.groups[key]
            place = ownership.waiting_place(group.stack, group.created_by)
            if place.own_code:
                where = f"{place.function}:{place.line}"
                rows.append(_new("new_group", where, now.dump.evidence.instance, now.dump.evidence.name))
    rows += [
        _new("new_site", f"{site.function}:{site.line}", site.target, site.evidence)
        for site in sites
        if site.against == BASELINE and site.inuse_bytes == site.inuse_bytes_change >= SAMPLED_BYTES
    ]
    return list(dict.fromkeys(rows))


def _new(kind: str, where: str, instance: str, evidence: str) -> ChangeRow:
    return ChangeRow(kind=kind, after=where, instance=instance, target=instance, evidence=evidence, locator=where)


def _pods(readings: Readings) -> Iterator[Json]:
    for _, found in readings.of(KubernetesList, Kind.PODS):
        yield from found.items


def _has_ended(pod: Json) -> bool:
    """Evicted and completed pods stay listed for weeks: they are no replicas."""
    return (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"}


def _newest(pods: Sequence[Json]) -> Json:
    """Return the pod that was made last; during a rollout older ones still run with the configuration of before."""
    return max(pods, key=lambda pod: str((pod.get("metadata") or {}).get("creationTimestamp") or ""))


def _joined(texts: Iterator[str]) -> str:
    return ", ".join(sorted({text for text in texts if text}))


def _changed_variables(before: Json, now: Json) -> tuple[str, str]:
    """Return the names of environment variables whose value or presence differs, as they were and as they are."""
    old, new = _variables(before), _variables(now)
    changed = {variable for variable in old.keys() | new.keys() if old.get(variable) != new.get(variable)}
    gone, come = (", ".join(sorted(changed & side.keys())) for side in (old, new))
    return (gone, come) if gone != come else ("", f"{come} (other value)" if come else "")


def _variables(pod: Json) -> dict[str, str]:
    containers = (pod.get("spec") or {}).get("containers") or [{}]
    return {
        str(item.get("name")): str(item["valueFrom"]) if item.get("valueFrom") else digest(str(item.get("value") or ""))
        for item in containers[0].get("env") or []
    }
