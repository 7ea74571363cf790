"""`meta.yaml` of a bundle: what the files beside it do not say themselves.

    service: checkout
    taken_at: '2026-11-20T14:02:11+00:00'
    targets: [{instance: '10.0.3.7:6060', url: 'http://10.0.3.7:6060'}]
    failures: [{kind: goroutineleak, instance: '10.0.3.7:6060', reason: '404: needs Go 1.27'}]
    files: {heap.pb.gz: {instance: '10.0.3.7:6060', source: …, collected_at: …, duration_seconds: 0.02}}
    about: {go_version: go1.27.3}

Only what is there is read; top-level words of other meaning count as `about`, and `collected_at` as `taken_at`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import yaml

from bot.errors import UsageError
from bot.model.evidence import CollectFailure, Evidence, Kind, Target

META = "meta.yaml"
_OWN_WORDS = ("service", "taken_at", "collected_at", "targets", "failures", "files", "about")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one file came from: its instance (empty: the whole service), and fields of `Evidence` to set."""

    instance: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What `meta.yaml` says. `failures` name their targets by instance only, with no URL."""

    service: str = ""
    taken_at: datetime | None = None
    targets: tuple[Target, ...] = ()
    failures: tuple[CollectFailure, ...] = ()
    files: Mapping[str, Origin] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)


def read_meta(path: Path) -> Meta:
    """Read a `meta.yaml`; a missing one says nothing.

    Raises:
        UsageError: it is not YAML, or a word in it has the wrong form.
    """
    if not path.is_file():
        return Meta()
    try:
        said = yaml.safe_load(path.read_text("utf-8")) or {}
        return _meta(said)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = str(error).split("\n", 1)[0]
        raise UsageError(f"{path} cannot be read ({reason}); correct it or remove it") from error


def write_meta(path: Path, meta: Meta) -> None:
    """Write a `meta.yaml`."""
    said: dict[str, Any] = {"service": meta.service}
    if meta.taken_at:
        said["taken_at"] = meta.taken_at.isoformat()
    said["targets"] = [_filled(instance=target.instance, url=_without_credentials(target.url)) for target in meta.targets]
    said["failures"] = [
        _filled(
            kind=failure.kind.value,
            instance=failure.target.instance if failure.target else "",
            reason=failure.reason,
            overdue=failure.overdue,
            withheld=failure.withheld,
        )
        for failure in meta.failures
    ]
    said["files"] = {
        name: _filled(instance=origin.instance, **{key: _plain(value) for key, value in origin.fields.items()})
        for name, origin in meta.files.items()
    }
    said["about"] = meta.about
    text = yaml.safe_dump({key: value for key, value in said.items() if value}, sort_keys=False, width=120)
    path.write_text(text, "utf-8", errors="replace")


def origin_of(evidence: Evidence) -> Origin:
    """Return what is to be noted about one piece of evidence."""
    return Origin(
        evidence.instance,
        {
            "source": evidence.source,
            "collected_at": evidence.collected_at,
            "duration_seconds": evidence.duration_seconds,
            "frozen_seconds": evidence.frozen_seconds,
            "truncated": evidence.truncated,
        },
    )


def _meta(said: dict[str, Any]) -> Meta:
    service = str(said.get("service") or "")
    taken_at = said.get("taken_at") or said.get("collected_at")
    about = {**{key: value for key, value in said.items() if key not in _OWN_WORDS}, **(said.get("about") or {})}
    return Meta(
        service=service,
        taken_at=_time(taken_at) if taken_at else None,
        targets=tuple(Target(service, str(item["instance"]), str(item.get("url") or "")) for item in said.get("targets") or ()),
        failures=tuple(_failure(item, service) for item in said.get("failures") or ()),
        files={str(name): _origin(item or {}) for name, item in (said.get("files") or {}).items()},
        about={str(key): str(value) for key, value in about.items() if value is not None},
    )


def _failure(item: dict[str, Any], service: str) -> CollectFailure:
    instance = str(item.get("instance") or "")
    return CollectFailure(
        kind=Kind(item["kind"]),
        reason=str(item["reason"]),
        target=Target(service, instance) if instance else None,
        overdue=bool(item.get("overdue")),
        withheld=bool(item.get("withheld")),
    )


def _origin(item: dict[str, Any]) -> Origin:
    fields: dict[str, Any] = {}
    if item.get("source"):
        fields["source"] = str(item["source"])
    if item.get("collected_at"):
        fields["collected_at"] = _time(item["collected_at"])
    for name in ("duration_seconds", "frozen_seconds"):
        fields[name] = float(item.get(name) or 0.0)
    fields["truncated"] = bool(item.get("truncated"))
    return Origin(str(item.get("instance") or ""), fields)


def _time(value: object) -> datetime:
    """Read a time: YAML's own, or ISO 8601; without a zone it is UTC."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _filled(**words: object) -> dict[str, object]:
    return {key: value for key, value in words.items() if value not in ("", 0, None)}


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
