"""Where playbooks stand: the built-in folder, and the names of the files in a playbook's directory."""

from __future__ import annotations

from pathlib import Path

RULE = "rule.yaml"
RUNBOOK = "runbook.md.j2"
EXAMPLES = "examples"
SHARED = "_shared"


def builtin_directory() -> Path:
    """Return the folder of the built-in playbooks: beside the package `bot`, in a checkout and in an installation alike."""
    return Path(__file__).parent.parent.parent / "playbooks"
