"""Directories of playbooks → `Playbook`s that are known to be sound.

What enters: folders with one directory per playbook; names that start with `_` or `.` are not playbooks. What leaves:
playbooks in the order of their names, or one `ConfigError` with every problem of all of them. Examples are not looked at here
(`bot.rules.examples`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ConfigError
from bot.model.benign import Benign
from bot.model.failure import FailureClass
from bot.model.rule import Playbook, Rule
from bot.rules.folders import RULE, RUNBOOK, SHARED, builtin_directory
from bot.yamlfile import Document, load, read, structure

CLASSES = "classes.yaml"
BENIGN = "benign.yaml"
RENAMED = {"raises": "raise"}
"""YAML keys whose field has another name, because Python reserves the word."""


@dataclass(frozen=True, slots=True)
class _Classes:
    classes: Mapping[str, FailureClass]


def load_classes() -> Mapping[str, FailureClass]:
    """Read the closed list of failure classes, in the order of the catalogue."""
    return load(builtin_directory() / SHARED / CLASSES, _Classes).classes


def load_benign() -> Benign:
    """Read which goroutines are harmless while they are few."""
    return load(builtin_directory() / SHARED / BENIGN, Benign)


def load_playbooks(
    directories: Sequence[Path], *, classes: Mapping[str, FailureClass], sound: Collection[Path] = ()
) -> tuple[Playbook, ...]:
    """Read and check every playbook of several folders.

    Args:
        directories: the built-in folder first, then a team's own.
        classes: the closed list of failure classes.
        sound: those folders whose playbooks have been linted before; linting takes ten times as long as reading.

    Raises:
        ConfigError: a folder cannot be read, a name is used twice, or a playbook is not sound; all problems at once.
    """
    problems: list[str] = []
    found: dict[str, tuple[Playbook, Document] | None] = {}
    for folder in [folder for directory in directories for folder in _folders(directory, problems)]:
        if folder.name in found:
            problems.append(f"{folder}:1: there is a playbook `{folder.name}` already, give this one another name")
            continue
        try:
            found[folder.name] = _read(folder)
        except ConfigError as error:
            found[folder.name] = None
            problems += error.problems
    readable = [pair for pair in found.values() if pair]
    problems += _lint([pair for pair in readable if pair[0].directory.parent not in sound], classes, frozenset(found))
    if problems:
        raise ConfigError(problems)
    return tuple(sorted((playbook for playbook, _ in readable), key=lambda playbook: playbook.name))


def _lint(
    pairs: Sequence[tuple[Playbook, Document]], classes: Mapping[str, FailureClass], names: frozenset[str]
) -> Iterator[str]:
    """Yield every problem of playbooks that could be read."""
    if pairs:
        from bot.rules.lint import Known, lint  # noqa: PLC0415  # slow to import, and a diagnosis rarely needs it

        known = Known(classes, names)
        for playbook, document in pairs:
            yield from lint(playbook, document, known)


def _folders(directory: Path, problems: list[str]) -> list[Path]:
    """Return the directories of playbooks in a folder; a folder that cannot be read is a problem."""
    try:
        return sorted(path for path in directory.iterdir() if path.is_dir() and not path.name.startswith(("_", ".")))
    except OSError as error:
        problems.append(f"{directory}:1: cannot be read as a folder of playbooks: {error.strerror or error}")
        return []


def _read(folder: Path) -> tuple[Playbook, Document]:
    """Read one playbook's rule and runbook."""
    document = read(folder / RULE)
    rule = structure(document, Rule, rename=RENAMED)
    try:
        runbook = (folder / RUNBOOK).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{folder / RUNBOOK}:1: cannot be read: {getattr(error, 'strerror', None) or error}"]) from error
    return Playbook(name=folder.name, rule=rule, runbook=runbook, directory=folder), document
