"""`Document` → an instance of a dataclass. Nothing is guessed: a number where text is expected is a problem."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache, partial
from typing import Any, TypeVar, get_args, get_origin

import cattrs
from cattrs.cols import homogenous_tuple_structure_factory, is_mapping, mapping_structure_factory
from cattrs.errors import AttributeValidationNote, BaseValidationError, ForbiddenExtraKeysError, IterableValidationNote
from cattrs.gen import make_dict_structure_fn, override

from bot.errors import ConfigError, UsageError
from bot.model.units import ByteSize, Duration, parse_duration, parse_size
from bot.yamlfile.document import Document, FieldPath, FromEnvironment

T = TypeVar("T")


def structure(document: Document, cls: type[T], *, rename: Mapping[str, str] | None = None) -> T:
    """Make an instance of a dataclass of a document's data; `rename` as for `load`.

    Raises:
        ConfigError: the data does not fit; all problems at once, in the order of the file's lines.
    """
    keys = rename or {}
    try:
        return _converter(tuple(sorted(keys.items()))).structure(document.data, cls)
    except (BaseValidationError, ConfigError) as error:
        found = sorted(_reasons(error, (), keys), key=lambda problem: (document.line(problem[0]), str(problem)))
        raise ConfigError([document.problem(path, reason) for path, reason in found]) from None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `, did you mean `x`?` for the nearest known word; empty when none is near."""
    near = get_close_matches(word, list(known), n=1)
    return f", did you mean `{near[0]}`?" if near else ""


@cache
def _converter(rename: tuple[tuple[str, str], ...]) -> cattrs.Converter:
    """Return the converter whose hooks never guess; made once per set of renamed keys."""
    converter = cattrs.Converter(detailed_validation=True)
    for wanted in (str, int, float, bool):
        converter.register_structure_hook(wanted, _exactly)
    converter.register_structure_hook(int | str, _number_or_text)
    converter.register_structure_hook(Duration, partial(_written, parse=parse_duration, example="60s"))
    converter.register_structure_hook(ByteSize, partial(_written, parse=parse_size, example="256MB"))
    converter.register_structure_hook(StrEnum, _member)
    converter.register_structure_hook_factory(
        is_mapping, lambda wanted, inside: _only(Mapping, mapping_structure_factory(wanted, inside))
    )
    converter.register_structure_hook_factory(_is_tuple, _tuple_hook)
    converter.register_structure_hook_factory(is_dataclass, partial(_dataclass_hook, rename=dict(rename)))
    return converter


def _exactly(value: object, wanted: type) -> Any:  # noqa: ANN401  # an instance of `wanted`
    """Take a value only if it is of the wanted type already; a whole number is also a number."""
    if wanted is float and type(value) is int:
        return float(value)
    if wanted is str and isinstance(value, str):
        return str(value)
    if type(value) is not wanted:
        quotes = ", put it in quotes" if wanted is str and isinstance(value, bool | int | float) else ""
        raise ConfigError([f"expected {_TYPES[wanted]}, got {_shown(value)}{quotes}"])
    return value


def _number_or_text(value: object, _: object) -> int | str:
    """Take a whole number or a text, such as a port by its number or by its name."""
    if isinstance(value, str):
        return str(value)
    if type(value) is not int:
        raise ConfigError([f"expected a whole number or text, got {_shown(value)}"])
    return value


def _written(value: object, _: type, *, parse: Callable[[str], object], example: str) -> object:
    """Read a value with a unit; zero needs none."""
    if value == 0 and not isinstance(value, bool):
        return parse("0")
    if not isinstance(value, str):
        raise ConfigError([f"expected a value with its unit such as {example}, got {_shown(value)}"])
    try:
        return parse(value)
    except UsageError as error:
        raise ConfigError([str(error) if type(value) is str else f"expected a value such as {example}"]) from error


def _member(value: object, wanted: type[StrEnum]) -> StrEnum:
    words = tuple(member.value for member in wanted)
    if isinstance(value, str) and value in words:
        return wanted(value)
    hint = did_you_mean(value, words) if type(value) is str else ""
    raise ConfigError([f"expected one of {', '.join(words)}, got {_shown(value)}{hint}"])


def _is_tuple(wanted: Any) -> bool:  # noqa: ANN401  # a type, or what typing puts in its place
    return get_origin(wanted) is tuple and get_args(wanted)[1:] == (...,)


def _tuple_hook(wanted: Any, converter: cattrs.Converter) -> Callable[[Any, Any], Any]:  # noqa: ANN401  # cattrs' own types
    """Take a list; where the items are text, one text stands for a list of one."""
    inner = _only(list, homogenous_tuple_structure_factory(wanted, converter))
    if get_args(wanted)[0] is not str:
        return inner
    return lambda value, kind: inner([value] if isinstance(value, str) else value, kind)


def _dataclass_hook(wanted: Any, converter: cattrs.Converter, *, rename: Mapping[str, str]) -> Callable[[Any, Any], Any]:  # noqa: ANN401  # same
    keys = {item.name: override(rename=rename[item.name]) for item in fields(wanted) if item.name in rename}
    options: dict[str, Any] = {"_cattrs_forbid_extra_keys": True, "_cattrs_detailed_validation": True, **keys}
    return _only(Mapping, make_dict_structure_fn(wanted, converter, **options))


def _only(kind: type, inner: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Refuse what is not of the kind before the hook inside sees it."""

    def hook(value: object, wanted: object) -> object:
        if not isinstance(value, kind):
            raise ConfigError([f"expected {_TYPES[kind]}, got {_shown(value)}"])
        return inner(value, wanted)

    return hook


_TYPES: Mapping[type, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    Mapping: "a mapping of keys to values",
}


def _shown(value: object) -> str:
    """Name a wrong value, unless it may be a secret."""
    match value:
        case None:
            return "nothing"
        case Mapping():
            return "a mapping"
        case list():
            return "a list"
        case bool():
            return str(value).lower()
        case FromEnvironment():
            return "something else from the environment"
    return f"`{value}`"


def _reasons(error: Exception, path: FieldPath, rename: Mapping[str, str]) -> Iterator[tuple[FieldPath, str]]:
    """Yield (path, reason) of every problem in cattrs' tree of exceptions."""
    if isinstance(error, ForbiddenExtraKeysError):
        known = tuple(rename.get(item.name, item.name) for item in fields(error.cl))
        yield from (((*path, str(key)), f"unknown key{did_you_mean(str(key), known)}") for key in error.extra_fields)
    elif isinstance(error, BaseValidationError):
        for inner in error.exceptions:
            yield from _reasons(inner, (*path, *_step(inner, rename)), rename)
    else:
        missing = isinstance(error, KeyError) and error.args == path[-1:]
        yield path, "is missing" if missing else str(error)


def _step(error: Exception, rename: Mapping[str, str]) -> FieldPath:
    """Return the one step down that cattrs noted on an exception; none for what concerns the whole."""
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return (rename.get(note.name, note.name),)
        if isinstance(note, IterableValidationNote):
            return (note.index if isinstance(note.index, int) else str(note.index),)
    return ()
