"""`contention_sites`: where goroutines lost time to locks and channels, from the mutex and block profiles."""

from __future__ import annotations

from bot.facts.culprit import Ownership
from bot.facts.numbers import share
from bot.facts.readings import Instance
from bot.facts.sites import sites_of
from bot.model.evidence import Kind
from bot.model.facts import ContentionSiteRow
from bot.model.profiles import Profile

_NANOSECONDS = 1e9


def contention_sites(instance: Instance, ownership: Ownership) -> list[ContentionSiteRow]:
    """Return one row per site of the mutex and block profiles, the longest delay first."""
    rows = []
    for evidence, profile in instance.now.of(Profile, Kind.MUTEX, Kind.BLOCK):
        if evidence.sample:
            continue
        sites = sites_of(profile, ("delay", "contentions"), ownership)
        total = sum(site.values[0] for site in sites.values())
        rows += [
            ContentionSiteRow(
                profile=evidence.kind.value,
                function=site.place.function,
                file=site.place.file,
                line=site.place.line,
                delay_seconds=site.values[0] / _NANOSECONDS,
                contentions=site.values[1],
                delay_ratio=share(site.values[0], total),
                target=evidence.instance,
                evidence=evidence.name,
                locator=f"{site.place.function}:{site.place.line}",
                excerpt=site.excerpt(),
            )
            for site in sites.values()
        ]
    return sorted(rows, key=lambda row: (-row.delay_seconds, row.function, row.line))
