from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields

import pytest

from bot.model.facts import Facts
from bot.model.failure import FailureClass
from bot.model.rule import Rule
from bot.rules.folders import builtin_directory
from bot.rules.schema import schema_text

Classes = Mapping[str, FailureClass]


def test_the_written_schema_is_the_one_made_today(classes: Classes) -> None:
    assert (builtin_directory() / "schema.json").read_text(encoding="utf-8") == schema_text(classes)


def test_every_key_and_every_table_is_in_it(classes: Classes) -> None:
    schema = json.loads(schema_text(classes))
    assert list(schema["properties"]) == [item.name.replace("raises", "raise") for item in fields(Rule)]
    assert schema["required"] == ["title", "failure_class", "severity", "confidence", "match", "summary", "next_steps"]
    assert schema["additionalProperties"] is False
    assert list(schema["definitions"]) == [item.name for item in fields(Facts)]
    assert schema["properties"]["severity"] == {"enum": ["critical", "high", "medium", "low", "info"]}
    assert "deadlock" in schema["properties"]["failure_class"]["anyOf"][0]["enum"]
    assert len(schema["properties"]["match"]["additionalProperties"]["allOf"]) == len(fields(Facts))


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("count", "number"),
        ("count|not", "number"),
        ("count|gte", "number"),
        ("count|not|lt", "number"),
        ("state|contains|all", "string"),
        ("state|not|re", "string"),
        ("stack|all", "string"),
        ("leaked|not", "boolean"),
        ("count|contains", ""),
        ("state|gte", ""),
        ("state|all", ""),
        ("cuont", ""),
        ("leaked|re", ""),
    ],
)
def test_keys_of_a_where(classes: Classes, key: str, kind: str) -> None:
    where = json.loads(schema_text(classes))["definitions"]["goroutine_groups"]
    found = [where["properties"][key]] if key in where["properties"] else []
    found += [schema for pattern, schema in where["patternProperties"].items() if re.search(pattern, key)]
    kinds = [schema["type"] if "type" in schema else schema["anyOf"][0]["type"] for schema in found]
    assert kinds == ([kind] if kind else [])
