"""Metrics history from Prometheus: a selector enters, the series of the last hours leave, in one GET.

API: https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.collect.api import Api
from bot.collect.harvest import Harvest
from bot.errors import CollectError
from bot.model.evidence import CollectFailure, Evidence, Kind
from bot.model.history import HISTORY_METRICS
from bot.model.sources import MAX_HISTORY_STEPS
from bot.model.units import format_duration

MAX_SERIES = 1_000
MIN_STEP_SECONDS = 15
"""Few servers measure more often; a finer step only repeats their values."""

_LABELS = ("__name__", "instance", "pod", "namespace", "container", "job", "db_name")
"""Labels that say whose a series is. Others are left out: they cost room, and may hold what nobody should keep."""
_PATH = "/api/v1/query_range"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusHistory:
    """What Prometheus knows of the processes that a selector finds.

    Attributes:
        api: the server.
        selector: a PromQL selector without a metric's name, `{job="checkout"}`.
        back_seconds: how far back.
        step_seconds: between two points; None takes them as close as the number of points allows.
    """

    api: Api
    selector: str
    back_seconds: float
    step_seconds: float | None = None

    @property
    def query(self) -> str:
        """All wanted metrics at once."""
        matchers = self.selector.strip().removeprefix("{").removesuffix("}").strip().removesuffix(",")
        return f'{{__name__=~"{"|".join(HISTORY_METRICS)}"{"," if matchers else ""}{matchers}}}'

    def read(self, now: datetime) -> Harvest:
        """Return the history up to now as one piece of evidence of the service as a whole, or why there is none."""
        end = now.timestamp()
        finest = max(MIN_STEP_SECONDS, math.ceil(self.back_seconds / MAX_HISTORY_STEPS))
        step = self.step_seconds or finest
        query = {"query": self.query, "start": f"{end - self.back_seconds:.3f}", "end": f"{end:.3f}", "step": f"{step:g}"}
        try:
            said = self.api.json(_PATH, query, noun="metrics history")
        except CollectError as error:
            return self._failed(str(error))
        data = said.get("data")
        series = data.get("result") if isinstance(data, dict) and data.get("resultType") == "matrix" else None
        if not isinstance(series, list):
            return self._failed(f"{self.api.name} answered in a form that is not known; is it Prometheus?")
        if not series:
            since = format_duration(self.back_seconds)
            return self._failed(f"{self.api.name} knows no metrics of {self.selector} in {since}; correct history.selector")
        kept = {"status": "success", "data": {"resultType": "matrix", "result": [_kept(item) for item in series[:MAX_SERIES]]}}
        evidence = Evidence(
            kind=Kind.HISTORY,
            name="history.json",
            content=json.dumps(kept, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace"),
            source=f"{self.api.name}: {self.selector}",
            collected_at=now,
            truncated=len(series) > MAX_SERIES,
        )
        return Harvest(evidence=(evidence,))

    def _failed(self, reason: str) -> Harvest:
        return Harvest(failures=(CollectFailure(kind=Kind.HISTORY, reason=reason),))


def _kept(series: Any) -> Any:  # noqa: ANN401  # whatever the server sent
    """Return a series with the labels that are kept; what is none stays as it is, for the reader to name."""
    metric = series.get("metric") if isinstance(series, dict) else None
    return series | {"metric": {key: metric[key] for key in _LABELS if key in metric}} if isinstance(metric, dict) else series
