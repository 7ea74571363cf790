r"""Lines that `GODEBUG=gctrace=1` and `schedtrace=1000` make Go write: blocks of a log enter, one `RuntimeTrace` leaves.

Format: the comment on `GODEBUG` in Go's `runtime/extern.go`. Whatever a log transport puts before or after a line is passed over.

>>> counter = RuntimeTraceCounter()
>>> counter.add(b'''gc 5 @0.043s 11%: 0.070+0.21+0.002 ms clock, 0.14+0/0.075/0.075+0.005 ms cpu, 22->25->25 MB, 25 MB goal, 2 P
... gc 6 @0.080s 9%: 0.080+0.19+1 ms clock, 0.16+0/0.11/0.082+0.006 ms cpu, 46->47->47 MB, 50 MB goal, 2 P (forced)
... SCHED 106ms: gomaxprocs=2 idleprocs=1 threads=5 spinningthreads=0 needspinning=0 idlethreads=3 runqueue=0 [ 0 0 ]''')
>>> counter.trace()
RuntimeTrace(collections=2, gc_cpu_ratio=0.09, gc_pause_max_seconds=0.00108, gomaxprocs=2, threads=5)
"""

from __future__ import annotations

import re

from bot.model.logs import RuntimeTrace

_GC = re.compile(
    rb"\bgc \d{1,9} @\d{1,12}(?:\.\d{1,9})?s (\d{1,3})%: ([\d.]{1,12})\+[\d.]{1,12}\+([\d.]{1,12}) ms clock, "
    rb"[^\n]*?, (\d{1,6}) P\b"
)
_GC_MARK = b" ms clock, "
_SCHED = re.compile(rb"\bSCHED \d{1,15}ms: gomaxprocs=(\d{1,6}) idleprocs=\d{1,6} threads=(\d{1,9}) ")
_SCHED_MARK = b"SCHED "
_MILLISECONDS = 1e3


class RuntimeTraceCounter:
    """Reads the lines block by block. The longest pause is kept; of everything else the last line says how it is now."""

    def __init__(self) -> None:
        self._collections = 0
        self._cpu_percent: int | None = None
        self._longest_milliseconds = 0.0
        self._gomaxprocs: int | None = None
        self._threads: int | None = None

    def add(self, content: bytes) -> None:
        """Look at the lines of a block; one without any is passed over by one fast search."""
        if _GC_MARK in content:
            for line in _GC.finditer(content):
                self._add_collection(line)
        if _SCHED_MARK in content:
            for line in _SCHED.finditer(content):
                self._gomaxprocs, self._threads = int(line[1]), int(line[2])

    def trace(self) -> RuntimeTrace | None:
        """Return what the lines say; None when there were none."""
        if not self._collections and self._gomaxprocs is None:
            return None
        return RuntimeTrace(
            collections=self._collections,
            gc_cpu_ratio=self._cpu_percent / 100 if self._cpu_percent is not None else None,
            gc_pause_max_seconds=self._longest_milliseconds / _MILLISECONDS if self._collections else None,
            gomaxprocs=self._gomaxprocs,
            threads=self._threads,
        )

    def _add_collection(self, line: re.Match[bytes]) -> None:
        """Count one collection, which stops the program twice: before and after it marks (`PauseNs` adds both up as well)."""
        try:
            paused = float(line[2]) + float(line[3])
        except ValueError:
            return
        self._collections += 1
        self._cpu_percent = int(line[1])
        self._longest_milliseconds = max(self._longest_milliseconds, paused)
        self._gomaxprocs = int(line[4])
