"""Examples of playbooks: where they stand, and whose evidence the recipes write into them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path

import yaml

from bot.collect.meta import META, read_meta

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
POD = "checkout-6d5f8b7c9d-x2k4q"
TAKEN_AT = datetime(2026, 11, 20, 14, 2, 11, tzinfo=UTC)
"""When evidence was collected that no program was run for."""

_NAMESPACE = uuid.UUID("5c1b6f0e-6c3e-4a7e-9d0f-2f6b8c1d4e5a")


def path_of(example: str) -> Path:
    """The directory of an example, which is named `playbook/example`; it is made where it is missing."""
    directory = PLAYBOOKS / example.replace("/", "/examples/")
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def uid(name: str) -> str:
    """The UID of a Kubernetes object, always the same for one name."""
    return str(uuid.uuid5(_NAMESPACE, name))


def write_meta(directory: Path, collected_at: datetime, *, instance: str = "", **words: object) -> None:
    """Write `meta.yaml`; words that are None are written too, since they say that it is so."""
    said: dict[str, object] = {"service": "checkout"}
    if instance:
        said["targets"] = [{"instance": instance}]
    said["collected_at"] = collected_at.isoformat(timespec="seconds")
    (directory / META).write_text(yaml.safe_dump(said | words, sort_keys=False))


def collected_at(directory: Path) -> datetime:
    """When the evidence of an example was collected.

    Raises:
        ValueError: its `meta.yaml` does not say.
    """
    taken_at = read_meta(directory / META).taken_at
    if taken_at is None:
        raise ValueError(f"{directory} does not say when it was collected")
    return taken_at
