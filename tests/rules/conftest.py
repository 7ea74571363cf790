"""Playbooks written for one test, and facts to match them against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.model.facts import CollectionRow, GoroutineGroupRow
from bot.model.failure import FailureClass
from bot.model.rule import Playbook
from bot.rules.load import load_classes, load_playbooks

RUNBOOK = "## Meaning\n\n## Impact\n\n## Diagnosis\n\n## Mitigation\n"
RULE: Mapping[str, Any] = {
    "title": "A failure",
    "failure_class": "goroutine-leak",
    "severity": "high",
    "confidence": "likely",
    "match": {"stuck": {"table": "goroutine_groups", "where": {"count|gte": 100}}},
    "summary": "{{ stuck[0].count }} stuck",
    "next_steps": ["look at {{ service }}"],
}

Write = Callable[..., Path]
Load = Callable[..., tuple[Playbook, ...]]
Group = Callable[..., GoroutineGroupRow]


@pytest.fixture(scope="session")
def classes() -> Mapping[str, FailureClass]:
    return load_classes()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a playbook: `write("my-leak", severity="low")`; a key set to None is left out. Returns the folder of playbooks."""

    def write_playbook(name: str, runbook: str = RUNBOOK, **rule: object) -> Path:
        directory = tmp_path / "playbooks" / name
        directory.mkdir(parents=True, exist_ok=True)
        content = {key: value for key, value in {**RULE, **rule}.items() if value is not None}
        (directory / "rule.yaml").write_text(yaml.safe_dump(content, sort_keys=False, width=1000), encoding="utf-8")
        (directory / "runbook.md.j2").write_text(runbook, encoding="utf-8")
        return directory.parent

    return write_playbook


@pytest.fixture
def load(write: Write, classes: Mapping[str, FailureClass]) -> Load:
    """Writes and loads playbooks: `load(**{"my-leak": {"severity": "low"}})`."""

    def load_rules(**rules: Mapping[str, Any]) -> tuple[Playbook, ...]:
        folders = {write(name.replace("_", "-"), **rule) for name, rule in rules.items()}
        return load_playbooks(tuple(folders), classes=classes)

    return load_rules


@pytest.fixture
def group() -> Group:
    """Makes a row of `goroutine_groups`: 500 goroutines of `shop.send` that wait to send, unless said otherwise."""

    def make(target: str = "a:6060", **columns: Any) -> GoroutineGroupRow:  # noqa: ANN401  # columns of every type
        defaults: dict[str, Any] = {
            "state": "chan send",
            "top_function": "runtime.gopark",
            "function": "example.com/shop.send",
            "file": "/src/shop/send.go",
            "line": 7,
            "package": "example.com/shop",
            "own_code": True,
            "module": "example.com/shop",
            "entry": "main.main",
            "count": 500,
            "share_ratio": 0.5,
            "leaked": False,
            "leaked_count": 0,
            "benign": False,
            "evidence": "goroutine.txt",
            "locator": "lines 1-9",
            "excerpt": "goroutine 7 [chan send]:",
        }
        return GoroutineGroupRow(target=target, **{**defaults, **columns})

    return make


@pytest.fixture
def had() -> Callable[..., tuple[CollectionRow, ...]]:
    """Makes rows of `collection`: `had("goroutine", "heap", target="a:6060")` were collected."""

    def make(*kinds: str, target: str = "a:6060", ok: bool = True) -> tuple[CollectionRow, ...]:
        return tuple(CollectionRow(target=target, kind=kind, ok=ok, truncated=False) for kind in kinds)

    return make
