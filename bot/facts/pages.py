"""Metrics pages with the questions that tables ask of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.facts.readings import Readings
from bot.model.evidence import Evidence
from bot.model.profiles import MetricsPage

_REVISION_LABELS = ("revision", "vcs_revision", "git_commit", "commit", "gitsha")


@dataclass(frozen=True, slots=True)
class Page:
    """A metrics page and when it was taken."""

    evidence: Evidence
    page: MetricsPage

    @property
    def at(self) -> datetime:
        """When it was taken (UTC)."""
        return self.evidence.collected_at

    def whole(self, *names: str) -> int | None:
        """Return the first of the metrics that is there as a whole number; None when none is, or it is negative or no number."""
        value = self.page.value(*names)
        return int(value) if value is not None and 0 <= value < float("inf") else None


def pages_of(readings: Readings) -> list[Page]:
    """Return the metrics pages of one collection, first sample first."""
    pages = [Page(evidence, page) for evidence, page in readings.of(MetricsPage)]
    return sorted(pages, key=lambda page: page.evidence.sample)


def go_version_of(page: MetricsPage) -> str | None:
    """Return the Go version a page names, `go1.27.3`."""
    points = page.points.get("go_info", ())
    return next((version for point in points if (version := point.label("version"))), None)


def revision_of(page: MetricsPage) -> str | None:
    """Return the revision or version that a `…_build_info` metric names."""
    points = [point for name, found in page.points.items() if name.endswith("_build_info") for point in found]
    for label in (*_REVISION_LABELS, "version"):
        for point in points:
            if (text := point.label(label)) and text not in {"(devel)", "unknown"}:
                return text
    return None


def build_path_of(page: MetricsPage) -> str:
    """Return the main module's path that `go_build_info` names; empty when it does not."""
    return next((point.label("path") for point in page.points.get("go_build_info", ())), "")
