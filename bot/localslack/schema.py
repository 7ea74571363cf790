"""Small pieces to say what a JSON value must look like; each lists what is wrong with a value, in Slack's words.

In: a value and the JSON pointer where it stands. Out: one line per problem.

>>> list(Chars(3).problems("four", "/text"))
['must be less than 4 characters [json-pointer:/text]']
>>> list(record("text", text=Chars(3)).problems({"colour": 1}, ""))
['missing required field: text [json-pointer:]', 'invalid additional property: colour [json-pointer:]']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol


def problem(words: str, at: str) -> str:
    """One problem as Slack writes it."""
    return f"{words} [json-pointer:{at}]"


class Spec(Protocol):
    """What a value must look like."""

    def problems(self, value: object, at: str) -> Iterator[str]:
        """What is wrong with `value`, which stands at `at`."""
        ...


@dataclass(frozen=True, slots=True)
class Chars:
    """A string of `least` to `most` characters, of `one_of` when given."""

    most: int
    least: int = 1
    one_of: tuple[str, ...] = ()

    def problems(self, value: object, at: str) -> Iterator[str]:
        """Wrong type, wrong word, too long or too short."""
        if not isinstance(value, str):
            yield problem("must provide a string", at)
        elif self.one_of and value not in self.one_of:
            yield problem(f"must be one of: {', '.join(self.one_of)}", at)
        elif len(value) > self.most:
            yield problem(f"must be less than {self.most + 1} characters", at)
        elif len(value) < self.least:
            yield problem(f"must be more than {self.least - 1} characters", at)


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    def problems(self, value: object, at: str) -> Iterator[str]:
        """Anything but a boolean."""
        if not isinstance(value, bool):
            yield problem("must provide a boolean", at)


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number between `low` and `high`."""

    low: int
    high: int

    def problems(self, value: object, at: str) -> Iterator[str]:
        """Wrong type or out of range."""
        if isinstance(value, bool) or not isinstance(value, int):
            yield problem("must provide a number", at)
        elif not self.low <= value <= self.high:
            yield problem(f"must be between {self.low} and {self.high}", at)


@dataclass(frozen=True, slots=True)
class Anything:
    """A value this stand-in does not look into."""

    def problems(self, value: object, at: str) -> Iterator[str]:  # noqa: ARG002 -- the shape all specs share
        """Nothing is wrong with it."""
        yield from ()


@dataclass(frozen=True, slots=True)
class Object:
    """An object of any fields."""

    def problems(self, value: object, at: str) -> Iterator[str]:
        """Anything but an object."""
        if not isinstance(value, dict):
            yield problem("must provide an object", at)


@dataclass(frozen=True, slots=True)
class Many:
    """An array of `least` to `most` items."""

    of: Spec
    most: int
    least: int = 1

    def problems(self, value: object, at: str) -> Iterator[str]:
        """Wrong type, wrong number of items, and what is wrong with each."""
        if not isinstance(value, list | tuple):
            yield problem("must provide an array", at)
            return
        if len(value) > self.most:
            yield problem(f"no more than {self.most} items allowed", at)
        if len(value) < self.least:
            yield problem(f"no fewer than {self.least} items required", at)
        for number, item in enumerate(value):
            yield from self.of.problems(item, f"{at}/{number}")


@dataclass(frozen=True, slots=True)
class Record:
    """An object with these fields and no others."""

    fields: Mapping[str, Spec]
    required: tuple[str, ...] = ()

    def problems(self, value: object, at: str) -> Iterator[str]:
        """Wrong type, missing and unknown fields, and what is wrong with each field."""
        if not isinstance(value, dict):
            yield problem("must provide an object", at)
            return
        for name in self.required:
            if name not in value:
                yield problem(f"missing required field: {name}", at)
        for name, item in value.items():
            if name in self.fields:
                yield from self.fields[name].problems(item, f"{at}/{name}")
            else:
                yield problem(f"invalid additional property: {name}", at)


@dataclass(frozen=True, slots=True)
class ByType:
    """An object whose `type` says which record it is."""

    kinds: Mapping[str, Record]

    def problems(self, value: object, at: str) -> Iterator[str]:
        """A missing or unknown type, and what is wrong with the rest."""
        if not isinstance(value, dict):
            yield problem("must provide an object", at)
        elif "type" not in value:
            yield problem("missing required field: type", at)
        elif not isinstance(value["type"], str) or value["type"] not in self.kinds:
            yield problem(f"unsupported type: {value['type']}", f"{at}/type")
        else:
            rest = {name: item for name, item in value.items() if name != "type"}
            yield from self.kinds[value["type"]].problems(rest, at)


def record(required: str = "", /, **fields: Spec) -> Record:
    """A record; `required` names the required fields, separated by blanks."""
    return Record(fields, tuple(required.split()))
