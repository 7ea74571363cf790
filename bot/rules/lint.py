"""What is wrong with a playbook, found without running it; all of it at once, as `path:line: field: reason`.

What enters: a playbook that could be read, the document its rule was read from, and the words it may refer to. What leaves:
problems. Whether its examples do what their names say is `bot.rules.examples`' business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.model.evidence import Kind
from bot.model.failure import FailureClass
from bot.model.rule import Confidence, Playbook, Rule, Selection, Severity
from bot.rules.folders import RUNBOOK
from bot.rules.judgement import ANY_CRASH
from bot.rules.lint_templates import Scope, context, heading_problems, template_problems
from bot.rules.lint_where import Problem, where_problems
from bot.rules.tables import Column, tables
from bot.rules.templates import environment, template_folders
from bot.yamlfile import Document, did_you_mean

OWN_CLASS = "x-"
"""What a team's own failure classes start with."""

NEEDS = (*(kind.value for kind in Kind), *(f"{kind.value} baseline" for kind in Kind))
"""What `needs` may name: a kind of evidence, or an earlier sample of it to compare with."""

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CULPRIT_COLUMNS = ("function", "file", "line")
_RAISED = {"severity": tuple(Severity), "confidence": tuple(Confidence)}


@dataclass(frozen=True, slots=True)
class Known:
    """The words that a rule may refer to: the failure classes, and the names of all playbooks."""

    classes: Mapping[str, FailureClass]
    playbooks: frozenset[str]


def lint(playbook: Playbook, document: Document, known: Known) -> tuple[str, ...]:
    """Return every problem of one playbook, in the order of the file's lines."""
    rule = playbook.rule
    found = [
        *_name_problems(playbook, known),
        *_word_problems(rule, known),
        *_selection_problems(rule),
        *_raise_problems(rule),
        *_reference_problems(rule),
        *_summary_problems(playbook),
    ]
    ordered = sorted(found, key=lambda problem: document.line(problem[0]))
    return (*(document.problem(path, reason) for path, reason in ordered), *_runbook_problems(playbook))


def _name_problems(playbook: Playbook, known: Known) -> Iterator[Problem]:
    if not _NAME.fullmatch(playbook.name):
        yield (), f"the directory's name `{playbook.name}` must be lower-case words joined by hyphens"
    name = playbook.rule.failure_class
    if name not in known.classes and not (name.startswith(OWN_CLASS) and _NAME.fullmatch(name)):
        hint = did_you_mean(name, known.classes) or f"; a class of your own starts with `{OWN_CLASS}`"
        yield ("failure_class",), f"unknown failure class `{name}`{hint}"


def _word_problems(rule: Rule, known: Known) -> Iterator[Problem]:
    """Check the lists of words that name kinds of evidence, classes and playbooks."""
    others = {*known.classes, *known.playbooks}
    for key, words, allowed in (
        ("needs", rule.needs, set(NEEDS)),
        ("explains", rule.explains, others),
        ("yields_to", rule.yields_to, {*others, ANY_CRASH}),
    ):
        what = "kind of evidence" if key == "needs" else "failure class or playbook"
        for index, word in enumerate(words):
            if word not in allowed and (key == "needs" or not word.startswith(OWN_CLASS)):
                yield (key, index), f"unknown {what} `{word}`{did_you_mean(word, allowed)}"
    if not rule.next_steps:
        yield ("next_steps",), "give at least one step"
    if rule.within_seconds is not None and not rule.explains:
        yield ("within_seconds",), "is only of use together with `explains`"


def _selection_problems(rule: Rule) -> Iterator[Problem]:
    if not rule.match:
        yield ("match",), "needs at least one selection"
    reserved = set(context({}, runbook=True))
    for part, selections in (("match", rule.match), ("unless", rule.unless)):
        for name, selection in selections.items():
            if not name.isidentifier() or name in reserved or (part == "unless" and name in rule.match):
                yield (part, name), "a selection takes a word of its own, letters, digits and _ only"
            if selection.table not in tables():
                yield (part, name, "table"), f"unknown table `{selection.table}`{did_you_mean(selection.table, tables())}"
            else:
                yield from where_problems(selection.table, selection.where, (part, name, "where"))
                yield from _join_problems(rule, part, name, selection)


def _join_problems(rule: Rule, part: str, name: str, selection: Selection) -> Iterator[Problem]:
    """Check that rows of an `unless` selection can be joined to rows of a `match` selection."""
    if part == "match":
        if selection.same:
            yield (part, name, "same"), "only a selection under `unless` is joined to another one"
        return
    columns = tables()[selection.table]
    unknown = [(index, column) for index, column in enumerate(selection.same) if column not in columns]
    matched = {chosen.table for chosen in rule.match.values() if chosen.table in tables()}
    for index, column in unknown:
        yield (part, name, "same", index), f"table {selection.table} has no column `{column}`{did_you_mean(column, columns)}"
    if not selection.same and selection.table not in matched:
        yield (part, name), f"say with `same` which columns join {selection.table} to a selected row"
    elif not unknown and not any(set(selection.same) <= set(tables()[table]) for table in matched):
        yield (part, name, "same"), "no table under `match` has all of these columns"


def _raise_problems(rule: Rule) -> Iterator[Problem]:
    for index, raised in enumerate(rule.raises):
        for key, word in raised.to.items():
            if word not in _RAISED.get(key, ()):
                choices = "; ".join(f"{name}: {', '.join(words)}" for name, words in _RAISED.items())
                yield ("raise", index, "to", key), f"raise to one of {choices}"
        if not raised.to or not raised.when:
            yield ("raise", index), "say with `to` what it becomes, and with `when` on which rows"
        for name, where in raised.when.items():
            path = ("raise", index, "when", name)
            if name not in rule.match:
                yield path, f"unknown selection `{name}`{did_you_mean(name, rule.match)}"
            elif rule.match[name].table in tables():
                yield from where_problems(rule.match[name].table, where, path)


def _reference_problems(rule: Rule) -> Iterator[Problem]:
    """Check `culprit` and `measure`."""
    if rule.culprit and rule.culprit not in rule.match:
        yield ("culprit",), f"unknown selection `{rule.culprit}`{did_you_mean(rule.culprit, rule.match)}"
    elif rule.culprit and (table := rule.match[rule.culprit].table) in tables():
        missing = [column for column in _CULPRIT_COLUMNS if column not in tables()[table]]
        if missing:
            yield ("culprit",), f"table {table} names no {', '.join(missing)}"
    if not rule.measure:
        return
    name, _, column = rule.measure.partition(".")
    if name not in rule.match:
        yield ("measure",), f"write selection.column; unknown selection `{name}`{did_you_mean(name, rule.match)}"
        return
    if (table := rule.match[name].table) in tables() and tables()[table].get(column) is not Column.NUMBER:
        numbers = [known for known, holds in tables()[table].items() if holds is Column.NUMBER]
        yield ("measure",), f"`{column}` is not a number of table {table}{did_you_mean(column, numbers)}"


def _scope(rule: Rule, *, runbook: bool) -> Scope:
    return context({name: tables().get(chosen.table, ()) for name, chosen in rule.match.items()}, runbook=runbook)


def _summary_problems(playbook: Playbook) -> Iterator[Problem]:
    sandbox = environment(*template_folders(playbook.directory))
    scope = _scope(playbook.rule, runbook=False)
    lines = [(("next_steps", index), step) for index, step in enumerate(playbook.rule.next_steps)]
    for path, source in (*lines, (("summary",), playbook.rule.summary)):
        if not source.strip():
            yield path, "is empty"
        yield from ((path, reason) for _, reason in template_problems(source, scope, sandbox))


def _runbook_problems(playbook: Playbook) -> Iterator[str]:
    sandbox = environment(*template_folders(playbook.directory))
    name = playbook.directory / RUNBOOK
    found = [
        *heading_problems(playbook.runbook),
        *template_problems(playbook.runbook, _scope(playbook.rule, runbook=True), sandbox),
    ]
    yield from (f"{name}:{line}: {reason}" for line, reason in sorted(found))
