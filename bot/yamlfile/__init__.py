r"""YAML files → frozen dataclasses, with every problem at once as `path:line: field: reason`.

What enters: a YAML file. What leaves: an instance of a dataclass, or a `ConfigError` that names each wrong line.

    >>> from bot.model.diagnosis import Culprit
    >>> structure(parse("function: main.run\nfile: main.go\nline: 7"), Culprit)
    Culprit(function='main.run', file='main.go', line=7)
    >>> structure(parse("functoin: main.run\nfile: main.go\nline: seven"), Culprit)
    Traceback (most recent call last):
    bot.errors.ConfigError: <text>:1: function: is missing
    <text>:1: functoin: unknown key, did you mean `function`?
    <text>:3: line: expected a whole number, got `seven`

Types of fields: text, whole and other numbers, booleans, string enumerations, `tuple[X, ...]` (where X is text, a single text
stands for a list of one), `Mapping[str, X]`, nested dataclasses, `X | None`, `Any`, and from `bot.model.units` `Duration`
(`30m`, becomes seconds) and `ByteSize` (`256MB`, becomes bytes). What `__post_init__` raises is one more problem.

Words mean what YAML 1.2 says: only `true` and `false` are booleans, `no` and `2026-11-20` are text. `${NAME}` in a value is
replaced from the environment where one is given; such a value is always text, and error messages do not repeat it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from bot.yamlfile.document import Document, FieldPath, parse, read
from bot.yamlfile.structure import did_you_mean, structure

__all__ = ["Document", "FieldPath", "did_you_mean", "load", "parse", "read", "structure"]

T = TypeVar("T")


def load(path: Path, cls: type[T], *, rename: Mapping[str, str] | None = None, env: Mapping[str, str] | None = None) -> T:
    """Read a YAML file as an instance of a dataclass.

    Args:
        path: the file.
        cls: the dataclass, its nested dataclasses included.
        rename: YAML key by field name, for keys that Python reserves (`{"raises": "raise"}`); holds for every dataclass in it.
        env: the environment, for `${NAME}`; None leaves such text alone.

    Raises:
        ConfigError: the file cannot be read or does not fit; all problems at once.
    """
    return structure(read(path, env=env), cls, rename=rename)
