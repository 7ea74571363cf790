"""The JSON schema of `rule.yaml`, made from the dataclasses and the fact tables; editors complete and check with it.

What enters: the closed list of failure classes. What leaves: the text of `playbooks/schema.json` (JSON schema, draft 7, which the
YAML language server understands).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

from bot.model.failure import FailureClass
from bot.model.rule import Confidence, Rule, Selection, Severity
from bot.rules.lint import NEEDS, OWN_CLASS
from bot.rules.load import RENAMED
from bot.rules.predicates import ANY, NUMBER_MODIFIERS, TEXT_MODIFIERS
from bot.rules.tables import Column, tables

Schema = dict[str, Any]

_JSON_TYPES: Mapping[Column, str] = {
    Column.TEXT: "string",
    Column.TEXTS: "string",
    Column.NUMBER: "number",
    Column.BOOLEAN: "boolean",
}


def schema_text(classes: Mapping[str, FailureClass]) -> str:
    """Return the content of `playbooks/schema.json`."""
    rule = _schema(Rule)
    rule["properties"] |= {
        "failure_class": {"anyOf": [{"enum": list(classes)}, {"type": "string", "pattern": f"^{OWN_CLASS}"}]},
        "needs": _listed({"enum": list(NEEDS)}),
    }
    definitions = {table: _where_schema(table, columns) for table, columns in tables().items()}
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "A gocrash rule"}
    return json.dumps({**head, **rule, "definitions": definitions}, indent=2, ensure_ascii=False) + "\n"


def _schema(hint: Any) -> Schema:  # noqa: ANN401  # a type, or what typing puts in its place
    """Return the schema of one type of field."""
    if hint is Selection:
        return _selection_schema()
    if is_dataclass(hint):
        return _object_schema(hint)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"enum": [member.value for member in hint]}
    if get_origin(hint) is tuple:
        return _listed(_schema(get_args(hint)[0]))
    if isinstance(get_origin(hint), type) and issubclass(get_origin(hint), Mapping):
        return {"type": "object", "additionalProperties": _schema(get_args(hint)[1])}
    return {str: {"type": "string"}, float | None: {"type": "number"}}.get(hint, {})


def _object_schema(cls: Any) -> Schema:  # noqa: ANN401  # a dataclass
    """Return the schema of a dataclass: its keys, and those that must be given."""
    hints = get_type_hints(cls)
    keys = {item.name: RENAMED.get(item.name, item.name) for item in fields(cls)}
    properties = {key: _schema(hints[name]) for name, key in keys.items()}
    if "to" in properties:
        properties["to"] = _raised_schema()
    given = [keys[item.name] for item in fields(cls) if item.default is MISSING and item.default_factory is MISSING]
    return {"type": "object", "properties": properties, "required": given, "additionalProperties": False}


def _raised_schema() -> Schema:
    """Return the schema of what `raise` raises to."""
    properties = {"severity": _schema(Severity), "confidence": _schema(Confidence)}
    return {"type": "object", "properties": properties, "minProperties": 1, "additionalProperties": False}


def _selection_schema() -> Schema:
    """Return the schema of a selection, whose `where` depends on its table."""
    schema = _object_schema(Selection)
    schema["properties"] |= {"table": {"enum": list(tables())}, "where": {"type": "object"}}
    schema["allOf"] = [
        {
            "if": {"properties": {"table": {"const": table}}},
            "then": {"properties": {"where": {"$ref": f"#/definitions/{table}"}}},
        }
        for table in tables()
    ]
    return schema


def _where_schema(table: str, columns: Mapping[str, Column]) -> Schema:
    """Return the schema of a `where` on one table: plain columns by name, columns with modifiers by pattern."""
    properties: Schema = {name: _listed({"type": _JSON_TYPES[holds]}) for name, holds in columns.items() if holds in _JSON_TYPES}
    properties[ANY] = {"type": "array", "items": {"$ref": f"#/definitions/{table}"}, "minItems": 1}
    patterns: Schema = {}
    for holds, kind in _JSON_TYPES.items():
        names = "|".join(name for name, held in columns.items() if held is holds)
        if names:
            patterns[rf"^({names})\|not$"] = _listed({"type": kind})
        if names and holds is Column.NUMBER:
            patterns[rf"^({names})(\|not)?\|({_either(NUMBER_MODIFIERS)})$"] = {"type": kind}
        if names and kind == "string":
            patterns[rf"^({names})(\|not)?\|({_either(TEXT_MODIFIERS)})(\|all)?$"] = _listed({"type": kind})
        if names and holds is Column.TEXTS:
            patterns[rf"^({names})(\|not)?\|all$"] = _listed({"type": kind})
    return {"type": "object", "properties": properties, "patternProperties": patterns, "additionalProperties": False}


def _either(words: Iterable[str]) -> str:
    return "|".join(words)


def _listed(item: Schema) -> Schema:
    """Return the schema of a list, or of one item that stands for a list of one."""
    return {"anyOf": [item, {"type": "array", "items": item}]}
