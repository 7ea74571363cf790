r"""YAML text → `Document`: plain data, and the line on which every value stands.

>>> document = parse("services:\n  checkout:\n    channel: C0CHECKOUT\n")
>>> document.data
{'services': {'checkout': {'channel': 'C0CHECKOUT'}}}
>>> document.problem(("services", "checkout", "channel"), "is no channel of this workspace")
'<text>:3: services.checkout.channel: is no channel of this workspace'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.errors import ConfigError

FieldPath = tuple[str | int, ...]
"""Where a value stands in a file: `("services", "checkout", "targets", 0)`."""

_VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)\}", re.ASCII)
_TAG = "tag:yaml.org,2002:"
_YAML_1_2 = [
    (f"{_TAG}null", re.compile(r"(?:~|null|Null|NULL|)\Z")),
    (f"{_TAG}bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")),
    (f"{_TAG}int", re.compile(r"[-+]?[0-9]+\Z|0x[0-9a-fA-F]+\Z")),
    (f"{_TAG}float", re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")),
]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml where PyYAML was built with it
    """Composes nodes only, with the plain words of YAML 1.2."""

    yaml_implicit_resolvers = {None: _YAML_1_2}  # noqa: RUF012  # PyYAML's own way to say it; never changed


class FromEnvironment(str):
    """Text that holds a value of the environment: perhaps a secret, so never shown."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file as plain data, with the line on which every value stands."""

    name: str
    data: Any
    lines: Mapping[FieldPath, int] = field(repr=False)

    def line(self, path: FieldPath) -> int:
        """Return the line of a value; of what would hold it where it does not exist."""
        return next((self.lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self.lines), 1)

    def problem(self, path: FieldPath, reason: str) -> str:
        """Say what is wrong as `name:line: field: reason`."""
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
        return f"{self.name}:{self.line(path)}: {where + ': ' if where else ''}{reason}"


def read(path: Path, *, env: Mapping[str, str] | None = None) -> Document:
    """Read a YAML file as plain data.

    Raises:
        ConfigError: it cannot be read, is not YAML, repeats a key, or names an environment variable that is not set.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError([f"{path}:1: cannot be read: {error.strerror or error}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}:1: is not UTF-8 text"]) from error
    return parse(text, str(path), env=env)


def parse(text: str, name: str = "<text>", *, env: Mapping[str, str] | None = None) -> Document:
    """Read YAML text as plain data; `name` stands for the path in problems.

    Raises:
        ConfigError: as for `read`.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        reason = ", ".join(part for part in (error.context, error.problem) if part)
        raise ConfigError([f"{name}:{line}: is not YAML: {reason}"]) from error
    except yaml.YAMLError as error:
        raise ConfigError([f"{name}:1: is not YAML: {' '.join(str(error).split())}"]) from error
    composed = _Composed(env)
    data = composed.value(node, (), ()) if node else None
    document = Document(name, data, composed.lines)
    if composed.problems:
        raise ConfigError([document.problem(path, reason) for path, reason in composed.problems])
    return document


class _Composed:
    """Turns PyYAML's nodes into plain data; gathers lines and problems on the way."""

    def __init__(self, env: Mapping[str, str] | None) -> None:
        self.env = env
        self.lines: dict[FieldPath, int] = {}
        self.problems: list[tuple[FieldPath, str]] = []

    def value(self, node: yaml.Node, path: FieldPath, above: tuple[yaml.Node, ...]) -> Any:  # noqa: ANN401  # any YAML value
        """Return the data of a node that stands at `path` inside the nodes `above`."""
        self.lines.setdefault(path, node.start_mark.line + 1)
        if node in above:
            self.problems.append((path, "an alias may not hold itself"))
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, above)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index), (*above, node)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: FieldPath, above: tuple[yaml.Node, ...]) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key_node, item in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append((path, "a key must be a plain word"))
                continue
            key = self._scalar(key_node, path, expand=False)
            below = (*path, key if isinstance(key, str) else str(key))
            if key in found:
                self.problems.append((below, f"is given twice, again on line {key_node.start_mark.line + 1}"))
            self.lines.setdefault(below, key_node.start_mark.line + 1)
            found[key] = self.value(item, below, (*above, node))
        return found

    def _scalar(self, node: yaml.Node, path: FieldPath, *, expand: bool = True) -> Any:  # noqa: ANN401  # any YAML value
        text: str = node.value
        match node.tag.removeprefix(_TAG):
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return int(text, 16) if text.startswith("0x") else int(text)
            case "float":
                return float(text)
            case "str":
                return self._expanded(text, path) if expand else text
        self.problems.append((path, f"the tag `{node.tag}` is not understood, write plain YAML"))
        return None

    def _expanded(self, text: str, path: FieldPath) -> str:
        """Replace each `${NAME}` by its value in the environment."""
        if self.env is None or not (names := _VARIABLE.findall(text)):
            return text
        missing = [name for name in names if name not in self.env]
        self.problems += [(path, f"the environment variable {name} is not set") for name in missing]
        return FromEnvironment(_VARIABLE.sub(lambda found: (self.env or {}).get(found[1], ""), text))
