"""The fingerprint of a finding: the same for the same failure over rebuilds, restarts and instances."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from bot.model.functions import normalise_function

_LENGTH = 16


def fingerprint(playbook: str, service: str, functions: Iterable[str]) -> str:
    """Return 16 hexadecimal digits of the SHA-256 of playbook, service and normalised culprit functions.

    No counts, lines, addresses or closure numbers go into it.

    >>> fingerprint("my-leak", "checkout", ["main.run.func1"]) == fingerprint("my-leak", "checkout", ["main.run.func2"])
    True
    """
    parts = [playbook, service, *sorted({normalise_function(function) for function in functions})]
    return sha256("\0".join(parts).encode()).hexdigest()[:_LENGTH]
