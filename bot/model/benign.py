"""`Benign`: goroutines known to be harmless while they are few and their number stands still. The data is a YAML file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BenignPattern:
    """One kind of harmless goroutine. Functions are given by how their names begin, as printed, any Go version.

    Attributes:
        name: what it is, in words.
        ceiling: at most so many of one group are harmless.
        stack: one of these begins the name of a function somewhere in the stack; empty: any stack.
        waits_in: one of these begins the name of the innermost function; empty: anywhere.
        entry: one of these begins the name of the outermost function; empty: any.
        created_by: one of these begins the name of the function that started them; empty: anyone.
        states: the state is one of these, or the evidence does not say it; empty: any state.
    """

    name: str
    ceiling: int
    stack: tuple[str, ...] = ()
    waits_in: tuple[str, ...] = ()
    entry: tuple[str, ...] = ()
    created_by: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Benign:
    """All patterns. A group that grew by more than `growth` goroutines between two samples is not benign, whatever it is."""

    growth: int = 0
    patterns: tuple[BenignPattern, ...] = ()
