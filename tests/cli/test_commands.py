"""The other commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli import gocrash

from bot.cli import COMMANDS

RECORDED = Path(__file__).parents[1] / "goservices" / "recorded" / "go1.27"


def test_help_lists_every_command() -> None:
    run = gocrash("--help")
    assert run.status == 0
    assert all(name in run.out for name in COMMANDS)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help_of_its_own(name: str) -> None:
    run = gocrash(name, "--help")
    assert run.status == 0
    assert "Usage: gocrash" in run.out


def test_facts_show_the_columns_a_rule_selects_by() -> None:
    run = gocrash("facts", RECORDED / "lock-convoy")
    assert run.status == 0
    assert "lock_waits: 1 row" in run.out
    assert "waiters: 120" in run.out
    tables = json.loads(gocrash("facts", RECORDED / "lock-convoy", "--format", "json").out)
    assert tables["lock_waits"][0]["holder_function"] == "example.com/shop/ledger.(*Book).Post"


def test_check_knows_its_playbooks() -> None:
    run = gocrash("check", "deadlok")
    assert run.status == 2
    assert "did you mean `deadlock`?" in run.err


def test_check_refuses_a_broken_playbook(tmp_path: Path) -> None:
    (tmp_path / "ours" / "my-failure").mkdir(parents=True)
    (tmp_path / "ours" / "my-failure" / "rule.yaml").write_text("title: Mine\nseverty: high\n")
    (tmp_path / "gocrash.yaml").write_text("playbooks: [ours]\n")
    run = gocrash("check", "--config", tmp_path / "gocrash.yaml")
    assert run.status == 1
    assert "rule.yaml:2: severty: unknown key, did you mean `severity`?" in run.err


def test_incidents_without_a_database_say_where_to_look(tmp_path: Path) -> None:
    run = gocrash("incident", "list", "--data", tmp_path)
    assert run.status == 2
    assert "there is no database" in run.err


def test_serve_names_every_missing_token() -> None:
    run = gocrash("serve")
    assert run.status == 2
    assert "SLACK_BOT_TOKEN is not set" in run.err
    assert "SLACK_APP_TOKEN is not set" in run.err


def thresholds(tmp_path: Path, path: str, number: int) -> Path:
    config = tmp_path / "gocrash.yaml"
    bundle = RECORDED / "lock-convoy"
    config.write_text(f"services: {{ledger: {{replay: '{bundle}', thresholds: {{{path}: {number}}}}}}}\n")
    return config


def test_a_service_may_have_thresholds_of_its_own(tmp_path: Path) -> None:
    strict = gocrash("diagnose", "ledger", "--config", thresholds(tmp_path, "lock-contention.lock.waiters", 100))
    assert "120 goroutines wait for one Mutex" in strict.out.splitlines()[0]
    lenient = gocrash("diagnose", "ledger", "--config", thresholds(tmp_path, "lock-contention.lock.waiters", 1000))
    assert "120 goroutines wait for one Mutex" not in lenient.out


def test_a_threshold_of_no_playbook_is_refused_with_the_nearest(tmp_path: Path) -> None:
    run = gocrash("diagnose", "ledger", "--config", thresholds(tmp_path, "lock-contention.lock.waitrs", 100))
    assert run.status == 2
    assert "services.ledger.thresholds.lock-contention.lock.waitrs: no playbook has this threshold, did you mean" in run.err
