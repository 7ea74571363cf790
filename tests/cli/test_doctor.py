"""`gocrash doctor`, as people run it before the first start and when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench import local_slack
from cli import Run, gocrash

from bot.incidents.store import Store

SOUND = "services: {checkout: {replay: .}}\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "gocrash.yaml").write_text(SOUND)
    Store(tmp_path / "data").close()
    return tmp_path


def doctor(place: Path, *words: str, **environment: str) -> Run:
    return gocrash("doctor", *words, stdin=b"", cwd=place, **environment)


def test_an_installation_that_is_sound(place: Path) -> None:
    with local_slack() as slack:
        run = doctor(place, **slack.environment())
    assert (run.status, run.err) == (0, "")
    lines = run.out.splitlines()
    assert all(line.startswith("ok       ") for line in lines), run.out
    assert lines[0] == "ok       configuration: gocrash.yaml names 1 services"
    areas = list(dict.fromkeys(line.split()[1].rstrip(":") for line in lines))
    assert areas == [
        "configuration",
        "playbooks",
        "environment",
        "slack",
        "clock",
        "services",
        "data",
        "database",
        "evidence",
        "disk",
    ]
    assert slack.bot_token not in run.out


def test_without_slack_the_rest_is_looked_at(place: Path) -> None:
    run = doctor(place)
    assert run.status == 0
    assert "skipped  slack: SLACK_BOT_TOKEN is not set\n" in run.out


def test_what_does_not_hold_is_said_and_is_the_exit_status(place: Path) -> None:
    with local_slack() as slack:
        run = doctor(place, **slack.environment() | {"SLACK_BOT_TOKEN": "xoxb-wrong"})
    assert (run.status, run.err) == (1, "")
    assert "WRONG    slack: Slack does not accept" in run.out
    assert "xoxb-wrong" not in run.out


def test_a_wrong_configuration_leaves_the_rest_to_be_looked_at(place: Path) -> None:
    (place / "gocrash.yaml").write_text("services:\n  doctor: {targets: ['http://127.0.0.1:1'], targts: 3}\n")
    run = doctor(place)
    assert run.status == 1
    assert "did you mean `targets`" in run.out
    assert "ok       database: " in run.out
    (place / "gocrash.yaml").write_text("services:\n  doctor: {targets: ['http://127.0.0.1:1']}\n")
    assert "`doctor` is a word of the bot's own" in doctor(place).out
    (place / "gocrash.yaml").unlink()
    assert "there is no gocrash.yaml: copy deploy/gocrash.yaml" in doctor(place).out


def test_a_wrong_environment_is_said(place: Path) -> None:
    run = doctor(place, GOCRASH_HTTP="8080")
    assert run.status == 1
    assert "WRONG    environment: GOCRASH_HTTP is `8080`: write host:port" in run.out


def test_playbooks_of_ones_own_are_linted(place: Path) -> None:
    (place / "ours" / "half").mkdir(parents=True)
    (place / "ours" / "half" / "rule.yaml").write_text("title: half\n")
    (place / "gocrash.yaml").write_text(SOUND + "playbooks: [ours]\n")
    run = doctor(place)
    assert run.status == 1
    assert "WRONG    playbooks: ours/half/rule.yaml" in run.out


def test_programs_read_the_same_as_json(place: Path) -> None:
    run = doctor(place, "--format", "json", "--deep")
    found = json.loads(run.out)
    assert (found["schema_version"], found["ok"]) == (1, True)
    assert {"area": "slack", "state": "skipped", "text": "SLACK_APP_TOKEN is not set"} in found["checks"]
