"""Masking and parsing evidence: what is small at once, what is large in a process of its own, given its file and not its bytes.

While Python works on one large text, nothing else in the process moves on: acks would wait behind a dump of 60 MB. The other
process also takes its memory with it, and if the system kills it for want of memory, the bot lives on and says so.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any, TypeVar

from bot.errors import CollectError
from bot.model.evidence import Evidence
from bot.model.snapshot import Parsed
from bot.parse.read import read
from bot.redact import Redactor

T = TypeVar("T")

# What is smaller is read faster than it is handed over.
LARGE_BYTES = 1_000_000
# One large text at a time, so that two of them do not take the whole machine (or its memory) together.
PROCESSES = 1
# A process is replaced after this many texts: what Python's allocator holds of them goes with it.
TEXTS_PER_PROCESS = 20
NICENESS = 10
KILLED = "the process that read it was ended, most likely for want of memory: give the bot more, or lower `max_bytes`"


class Readers:
    """The processes that read large evidence, from the first large piece to `close`. May be used from any thread."""

    def __init__(self, redact: Iterable[str] = ()) -> None:
        self._patterns = tuple(redact)
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def read(self, evidence: Evidence) -> Parsed:
        """Parse a piece of evidence; see `bot.parse.read.read`."""
        if evidence.size_bytes < LARGE_BYTES:
            return read(evidence)
        try:
            return replace(self._run(read, evidence), evidence=evidence)
        except BrokenProcessPool:
            return Parsed(evidence, error=KILLED)

    def mask(self, evidence: Evidence, directory: Path) -> Evidence:
        """Mask the secrets in a piece of evidence; see `Redactor.evidence`.

        Raises:
            CollectError: the process that masked it was ended.
        """
        if evidence.size_bytes < LARGE_BYTES:
            return Redactor(self._patterns).evidence(evidence, directory)
        try:
            return replace(self._run(_mask, self._patterns, evidence, directory), target=evidence.target)
        except BrokenProcessPool as error:
            raise CollectError(f"{evidence.name}: {KILLED}") from error

    def close(self) -> None:
        """End the processes; what they are doing is waited for."""
        with self._lock:
            if self._pool:
                self._pool.shutdown(cancel_futures=True)
                self._pool = None

    def _run(self, work: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401  # passed on as they are
        with self._lock:
            if self._pool is None:
                # Spawned, not forked: the bot has threads, and a fork would copy their locks as they stand.
                self._pool = ProcessPoolExecutor(
                    PROCESSES, mp_context=get_context("spawn"), initializer=_begin, max_tasks_per_child=TEXTS_PER_PROCESS
                )
            pool = self._pool
        try:
            return pool.submit(work, *arguments).result()
        except BrokenProcessPool:
            with self._lock:
                if self._pool is pool:
                    self._pool = None
            raise


def _begin() -> None:
    """Let whatever people wait for go first; leave it to the bot to end this process when somebody presses Ctrl-C."""
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the bot was killed: the queue it waits at would stay open."""
    if parent := parent_process():
        parent.join()
        os._exit(1)


def _mask(patterns: tuple[str, ...], evidence: Evidence, directory: Path) -> Evidence:
    return Redactor(patterns).evidence(evidence, directory)
