"""`allocation_sites` and `allocation_growth`: which code holds the memory, and where it grows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.facts.culprit import Ownership
from bot.facts.growth import BASELINE, SECOND_SAMPLE
from bot.facts.numbers import ratio, share
from bot.facts.readings import Instance, Readings, seconds_between
from bot.facts.sites import Site, SiteKey, sites_of
from bot.model.evidence import Evidence, Kind
from bot.model.facts import AllocationGrowthRow, AllocationSiteRow
from bot.model.profiles import Profile


@dataclass(frozen=True, slots=True)
class Heap:
    """One heap profile by site; the values of a site are bytes and objects in use."""

    evidence: Evidence
    sites: Mapping[SiteKey, Site]


@dataclass(frozen=True, slots=True)
class Heaps:
    """The heap profiles of one instance, as far as they were collected."""

    baseline: Heap | None
    first: Heap | None
    second: Heap | None


def heaps_of(instance: Instance, ownership: Ownership) -> Heaps:
    """Add up the heap profiles of an instance by site."""
    return Heaps(
        baseline=_heap(instance.before, 0, ownership),
        first=_heap(instance.now, 0, ownership),
        second=_heap(instance.now, 1, ownership),
    )


def allocation_sites(heaps: Heaps) -> list[AllocationSiteRow]:
    """Return one row per site that holds memory in the first heap profile, the largest first."""
    if heaps.first is None:
        return []
    evidence, sites = heaps.first.evidence, heaps.first.sites
    total = sum(site.values[0] for site in sites.values())
    rows = [
        AllocationSiteRow(
            function=site.place.function,
            file=site.place.file,
            line=site.place.line,
            package=site.place.package,
            own_code=site.place.own_code,
            module=site.place.module,
            top_function=site.tops.most_common(1)[0][0],
            inuse_bytes=site.values[0],
            inuse_objects=site.values[1],
            inuse_ratio=share(site.values[0], total),
            target=evidence.instance,
            evidence=evidence.name,
            locator=f"{site.place.function}:{site.place.line}",
            excerpt=site.excerpt(),
        )
        for site in sites.values()
        if site.values[0] > 0
    ]
    return sorted(rows, key=lambda row: (-row.inuse_bytes, row.function, row.line))


def allocation_growth(heaps: Heaps, headroom_bytes: int | None) -> list[AllocationGrowthRow]:
    """Return one row per site and pair of successive profiles, the fastest growing first.

    Args:
        heaps: the first profile is compared with the baseline's, the second one with the first.
        headroom_bytes: what the process may still take before it reaches its memory limit; None when that is unknown.
    """
    pairs = ((heaps.baseline, heaps.first, BASELINE), (heaps.first, heaps.second, SECOND_SAMPLE))
    known = [(earlier, later, against) for earlier, later, against in pairs if earlier and later]
    rows = [row for earlier, later, against in known for row in _growth_rows(earlier, later, against, headroom_bytes)]
    return sorted(rows, key=lambda row: (-row.inuse_bytes_change, row.function, row.line))


def _heap(readings: Readings, sample: int, ownership: Ownership) -> Heap | None:
    """Return the heap profile of one sample; the allocs profile holds the same values and serves in its stead."""
    found = [pair for pair in readings.of(Profile, Kind.HEAP, Kind.ALLOCS) if pair[0].sample == sample]
    if not found:
        return None
    evidence, profile = min(found, key=lambda pair: pair[0].kind is not Kind.HEAP)
    return Heap(evidence, sites_of(profile, ("inuse_space", "inuse_objects"), ownership))


def _growth_rows(earlier: Heap, later: Heap, against: str, headroom_bytes: int | None) -> list[AllocationGrowthRow]:
    before, now = _with_moved_sites(earlier.sites, later.sites), later.sites
    interval = seconds_between(earlier.evidence.collected_at, later.evidence.collected_at)
    evidence = later.evidence
    rows = []
    for key, site in {**before, **now}.items():
        count = now[key].values[0] if key in now else 0
        earlier_bytes = before[key].values[0] if key in before else 0
        if not count and not earlier_bytes:
            continue  # a site that allocated, and holds nothing at either moment
        change = count - earlier_bytes
        rate = ratio(change, interval)
        rows.append(
            AllocationGrowthRow(
                function=site.place.function,
                file=site.place.file,
                line=site.place.line,
                inuse_bytes=count,
                inuse_bytes_change=change,
                against=against,
                change_ratio=ratio(change, earlier_bytes),
                bytes_per_second=rate,
                seconds_to_limit=ratio(headroom_bytes, rate),
                interval_seconds=interval,
                target=evidence.instance,
                evidence=evidence.name,
                locator=f"{site.place.function}:{site.place.line}",
                excerpt=site.excerpt(),
            )
        )
    return rows


def _with_moved_sites(before: Mapping[SiteKey, Site], now: Mapping[SiteKey, Site]) -> dict[SiteKey, Site]:
    """Return earlier sites under the line a rebuild has moved them to: the nearest new line of the same function."""
    new: defaultdict[str, list[SiteKey]] = defaultdict(list)
    for key in now:
        if key not in before:
            new[key[0]].append(key)
    moved: dict[SiteKey, Site] = {}
    for key, site in before.items():
        candidates = [] if key in now else new[key[0]]
        found = min(candidates, key=lambda other: (abs(other[2] - key[2]), other[2]), default=key)
        values = [a + b for a, b in zip(site.values, moved[found].values, strict=True)] if found in moved else site.values
        moved[found] = replace(site, values=values)
    return moved
