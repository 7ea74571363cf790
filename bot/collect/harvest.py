"""`Harvest`: what one step of collecting gave."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bot.model.evidence import CollectFailure, Evidence


class Harvest(NamedTuple):
    """What was had, and what was not; unpacks as `evidence, failures`."""

    evidence: tuple[Evidence, ...] = ()
    failures: tuple[CollectFailure, ...] = ()


def gather(harvests: Iterable[Harvest]) -> Harvest:
    """Put harvests together, in their order."""
    taken = tuple(harvests)
    return Harvest(
        tuple(evidence for harvest in taken for evidence in harvest.evidence),
        tuple(failure for harvest in taken for failure in harvest.failures),
    )
