"""Values of a profile added up by the line of code to blame for them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bot.facts.culprit import Owner, Ownership, Place
from bot.model.goroutines import Frame
from bot.model.profiles import Profile

_EXCERPT_FRAMES = 6

SiteKey = tuple[str, str, int]
"""(function, file, line) of the culprit frame."""


@dataclass(slots=True)
class Site:
    """Values of all samples with one culprit frame; `stack` of the largest of them."""

    place: Place
    values: list[int]
    tops: Counter[str] = field(default_factory=Counter)
    stack: tuple[Frame, ...] = ()
    largest: int = 0

    def excerpt(self) -> str:
        """Show the innermost frames of the largest sample."""
        return "\n".join(f"{frame.function}\n\t{frame.file}:{frame.line}" for frame in self.stack[:_EXCERPT_FRAMES])


def sites_of(profile: Profile, value_types: tuple[str, ...], ownership: Ownership) -> dict[SiteKey, Site]:
    """Add up the samples by culprit frame; values the profile does not carry count 0."""
    indexes = [profile.value_index(name) for name in value_types]
    blamed: dict[int, tuple[Frame, str]] = {}
    by_frame: dict[Frame, Site] = {}
    sites: dict[SiteKey, Site] = {}
    for sample in profile.samples:
        stack = sample.stack
        if id(stack) not in blamed:
            blamed[id(stack)] = _blamed(stack, ownership)
        frame, top = blamed[id(stack)]
        site = by_frame.get(frame)
        if site is None:
            place = ownership.place(frame)
            site = by_frame[frame] = sites.setdefault((place.function, place.file, place.line), Site(place, [0] * len(indexes)))
        values = [sample.values[index] if index is not None else 0 for index in indexes]
        site.values = [total + value for total, value in zip(site.values, values, strict=True)]
        site.tops[top] += values[0]
        if values[0] >= site.largest:
            site.largest, site.stack = values[0], stack
    return sites


def _blamed(stack: tuple[Frame, ...], ownership: Ownership) -> tuple[Frame, str]:
    """Return the culprit frame, and the innermost function that is not the runtime's own: what asked for the memory."""
    asked = next((frame for frame in stack if ownership.owner(frame) is not Owner.RUNTIME), stack[0] if stack else Frame(""))
    return ownership.culprit(stack) or asked, asked.function
