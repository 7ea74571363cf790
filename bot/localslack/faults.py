"""Trouble on demand: rate limits, server errors, slowness and answers that get lost, for chosen calls only.

In: what should go wrong with the next calls of a method. Out: the fault for a call, or None.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Fault:
    """The next `times` calls of `method` (`*`: any) wait `delay_seconds`, then are answered with HTTP `status`.

    `status` 200 means only slow. `after` means that the call takes effect and its answer is lost: the caller cannot know.
    """

    method: str
    times: int = 1
    status: int = 429
    retry_after_seconds: int = 1
    delay_seconds: float = 0.0
    after: bool = False


class Faults:
    """The faults still to come, in the order they were asked for."""

    def __init__(self) -> None:
        self._pending: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Ask for a fault."""
        self._pending.append(fault)

    def take(self, method: str) -> Fault | None:
        """The fault that hits this call of `method`, counted down."""
        for number, fault in enumerate(self._pending):
            if fault.method in {method, "*"}:
                left = replace(fault, times=fault.times - 1)
                self._pending[number : number + 1] = [left] if left.times > 0 else []
                return fault
        return None
