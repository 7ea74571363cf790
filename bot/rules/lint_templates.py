"""What is wrong with a playbook's templates, found without running them: (line, reason) pairs.

Checked are syntax, filters, variables outside the documented context, shared files that do not exist, and attributes of selected
rows that their table does not have, as far as a row can be followed: through `[0]`, slices, `for`, `set`, `first` and `last`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from jinja2 import TemplateNotFound, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.model.diagnosis import SimilarIncident
from bot.model.evidence import Target
from bot.model.incident import Incident
from bot.yamlfile import did_you_mean

HEADINGS = ("Meaning", "Impact", "Diagnosis", "Mitigation")
MORE_HEADINGS = ("Prevention", "References")

Problem = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known about a value in a template: the attributes it has, or that each of `many` values has."""

    attributes: frozenset[str]
    many: bool = False


Scope = Mapping[str, Shape | None]
"""The variables that a template may use, and the shape of each where it is known."""


def _shape_of(noun: Any, *more: str, many: bool = False) -> Shape:  # noqa: ANN401  # a dataclass
    return Shape(frozenset({*(item.name for item in fields(noun)), *more}), many)


def context(selections: Mapping[str, Iterable[str]], *, runbook: bool) -> Scope:
    """Return the variables of a summary or of a runbook, given the columns of each selection (none: its table is unknown)."""
    always: dict[str, Shape | None] = {
        name: Shape(frozenset(columns), many=True) if columns else None for name, columns in selections.items()
    }
    always |= {"service": None, "target": _shape_of(Target)}
    return (
        always | {"incident": _shape_of(Incident, "key"), "similar": _shape_of(SimilarIncident, many=True)} if runbook else always
    )


def template_problems(source: str, scope: Scope, sandbox: ImmutableSandboxedEnvironment) -> Iterator[Problem]:
    """Yield every problem of one template."""
    try:
        tree = sandbox.parse(source)
        undeclared = meta.find_undeclared_variables(tree)  # generates the code, and so meets unknown filters as well
    except TemplateSyntaxError as error:
        yield error.lineno, error.message or "is not a template"
        return
    for name in sorted(undeclared - set(scope) - set(sandbox.globals)):
        line = next((node.lineno for node in tree.find_all(nodes.Name) if node.name == name), 1)
        yield line, f"unknown variable `{name}`{did_you_mean(name, scope)}"
    for wanted in meta.find_referenced_templates(tree):
        try:
            sandbox.get_template(wanted or "")
        except TemplateNotFound:
            yield 1, f"there is no file `{wanted}` among the playbooks"
        except TemplateSyntaxError as error:
            yield 1, f"`{wanted}` line {error.lineno}: {error.message}"
    yield from _attribute_problems(tree, dict(scope))


def heading_problems(source: str) -> Iterator[Problem]:
    """Yield what is wrong with the second-level headings of a runbook; lines inside code fences do not count."""
    found: list[tuple[int, str]] = []
    fenced = False
    for number, text in enumerate(source.splitlines(), 1):
        fenced ^= text.lstrip().startswith("```")
        if not fenced and text.startswith("## "):
            found.append((number, text[3:].strip()))
    titles = [title for _, title in found]
    for title in HEADINGS:
        if title not in titles:
            yield 1, f"the heading `## {title}` is missing"
    known = (*HEADINGS, *MORE_HEADINGS)
    for line, title in found:
        if title not in known:
            yield line, f"unknown heading `## {title}`, use `###` inside {', '.join(known)}"
    in_order = [title for title in titles if title in known]
    if in_order != sorted(in_order, key=known.index) or len(set(in_order)) < len(in_order):
        yield 1, f"the headings stand once each, in the order {', '.join(known)}"


def _attribute_problems(node: nodes.Node, scope: dict[str, Shape | None]) -> Iterator[Problem]:
    """Yield attributes that do not exist; `scope` follows the assignments on the way."""
    inner = scope
    match node:
        case nodes.Getattr():
            yield from _missing(node.lineno, node.attr, _shape(node.node, scope))
        case nodes.Output():
            yield from (
                (part.lineno, "prints a whole row: name a column (of `target`: instance or url)")
                for part in node.nodes
                if _shape(part, scope)
            )
        case nodes.Filter():
            for name in _attributes_of_filter(node):
                yield from _missing(node.lineno, name, _item(_shape(node.node, scope)))
        case nodes.For():
            inner = scope | _bound(node.target, _item(_shape(node.iter, scope)))
        case nodes.Macro():
            inner = scope | dict.fromkeys(argument.name for argument in node.args)
    for part in node.iter_child_nodes():
        outside = isinstance(node, nodes.For) and part is node.iter
        yield from _attribute_problems(part, scope if outside else inner)
    if isinstance(node, nodes.Assign):
        scope |= _bound(node.target, _shape(node.node, scope))


def _missing(line: int, name: str, shape: Shape | None) -> Iterator[Problem]:
    if shape and shape.many:
        yield line, f"`.{name}` of a list of rows: pick one with [0], or go through them with `for`"
    elif shape and name not in shape.attributes:
        yield line, f"there is no column `{name}` here{did_you_mean(name, shape.attributes)}"


def _shape(node: nodes.Node | None, scope: Scope) -> Shape | None:
    """Return what is known about an expression's value; None when nothing is."""
    match node:
        case nodes.Name():
            return scope.get(node.name)
        case nodes.Getitem(arg=nodes.Slice()):
            return _shape(node.node, scope)
        case nodes.Getitem() | nodes.Filter(name="first" | "last"):
            return _item(_shape(node.node, scope))
        case nodes.Filter(name="list" | "sort" | "reverse" | "unique" | "selectattr" | "rejectattr"):
            return _shape(node.node, scope)
    return None


def _item(shape: Shape | None) -> Shape | None:
    """Return what is known about one item of many."""
    return replace(shape, many=False) if shape and shape.many else None


def _bound(target: nodes.Node, shape: Shape | None) -> dict[str, Shape | None]:
    """Return the names that an assignment sets, with what is known about their values."""
    if isinstance(target, nodes.Name):
        return {target.name: shape}
    return dict.fromkeys(name.name for name in target.find_all(nodes.Name))


def _attributes_of_filter(node: nodes.Filter) -> Iterator[str]:
    """Yield the attribute that a filter such as `map(attribute="count")` or `selectattr("leaked")` reads."""
    named = [pair.value for pair in node.kwargs if pair.key == "attribute"]
    first = node.args[:1] if node.name in {"selectattr", "rejectattr", "groupby"} else []
    for value in (*named, *first):
        if isinstance(value, nodes.Const) and isinstance(value.value, str):
            yield value.value.partition(".")[0]
