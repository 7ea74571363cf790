r"""Pages of Go's `expvar` package (`/debug/vars`): the bytes enter, a `MetricsPage` leaves, with names of the Prometheus client.

The page is one JSON object; `memstats` is Go's `runtime.MemStats` (https://pkg.go.dev/runtime#MemStats). Other numbers at its top
level keep their own names. The command line in it is not read: it may hold secrets.

>>> page = parse_expvar(b'''{"cmdline": ["/app/shop", "-password=x"], "orders": 7,
... "memstats": {"HeapInuse": 1622016, "GCCPUFraction": 0.02, "NumGC": 2, "PauseNs": [250000, 1230000, 0]}}''')
>>> page.value("go_memstats_heap_inuse_bytes"), page.value("go_memstats_gc_cpu_fraction"), page.value("orders")
(1622016.0, 0.02, 7.0)
>>> page.points["go_gc_duration_seconds"][0]
MetricPoint(labels=(('quantile', '1'),), value=0.00123)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.errors import ParseError
from bot.model.profiles import MetricPoint, MetricsPage

_NAMES: Mapping[str, str] = {
    "Alloc": "go_memstats_alloc_bytes",
    "Sys": "go_memstats_sys_bytes",
    "HeapAlloc": "go_memstats_heap_alloc_bytes",
    "HeapSys": "go_memstats_heap_sys_bytes",
    "HeapIdle": "go_memstats_heap_idle_bytes",
    "HeapInuse": "go_memstats_heap_inuse_bytes",
    "HeapReleased": "go_memstats_heap_released_bytes",
    "HeapObjects": "go_memstats_heap_objects",
    "StackInuse": "go_memstats_stack_inuse_bytes",
    "NextGC": "go_memstats_next_gc_bytes",
    "GCCPUFraction": "go_memstats_gc_cpu_fraction",
}
_NANOSECONDS = 1e9
_TOO_LARGE = 1e300
"""No number of a program; a whole number beyond it is none that Python can make a float of."""


def parse_expvar(data: bytes) -> MetricsPage:
    """Read a page of variables.

    Raises:
        ParseError: it is no JSON object with `memstats` in it.
    """
    try:
        said = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ParseError("not a page of variables: it is no JSON; set metrics_path to /metrics or /debug/vars") from error
    memory = said.get("memstats") if isinstance(said, dict) else None
    if not isinstance(memory, dict):
        raise ParseError("not a page of variables: `memstats` is missing; set metrics_path to /metrics or /debug/vars")
    values = {name: said[name] for name in said if _is_number(said[name])}
    values |= {known: memory[name] for name, known in _NAMES.items() if _is_number(memory.get(name))}
    points: dict[str, tuple[MetricPoint, ...]] = {name: (MetricPoint((), float(value)),) for name, value in values.items()}
    pauses = _pauses(memory)
    if pauses:
        points["go_gc_duration_seconds"] = (MetricPoint((("quantile", "1"),), max(pauses) / _NANOSECONDS),)
    return MetricsPage(points=points)


def _pauses(memory: Mapping[str, Any]) -> list[float]:
    """Return the latest pauses in nanoseconds; the list is a ring whose unused places are 0."""
    ring = memory.get("PauseNs")
    return [value for value in ring if _is_number(value) and value > 0] if isinstance(ring, list) else []


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _TOO_LARGE
