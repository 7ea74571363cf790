from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.model.failure import FailureClass, Group, Phase
from bot.rules.folders import builtin_directory
from bot.rules.load import load_classes, load_playbooks

SAMPLES = Path(__file__).parent / "data" / "playbooks"
Classes = Mapping[str, FailureClass]


def test_the_closed_list_of_classes() -> None:
    classes = load_classes()
    groups = [member.group for member in classes.values()]
    assert [groups.count(group) for group in Group] == [23, 10, 12, 4]
    assert groups == sorted(groups, key=list(Group).index)
    assert classes["deadlock"] == FailureClass("All goroutines are asleep", Group.CRASH, Phase.DEATH)


def test_sample_playbooks(classes: Classes) -> None:
    refused, stuck = load_playbooks([SAMPLES], classes=classes)
    assert (refused.name, stuck.name) == ("gateway-refused", "stuck-senders")
    assert refused.rule.needs == ("gateway.log",)
    assert stuck.rule.raises[1].when == {"stuck": {"count|gte": 5000}}
    assert stuck.rule.unless["draining"].same == ("function", "state")
    assert stuck.runbook.startswith("{% import")
    assert stuck.directory == SAMPLES / "stuck-senders"


def test_every_built_in_playbook_is_sound(classes: Classes) -> None:
    assert load_playbooks([builtin_directory()], classes=classes)


def test_shared_and_hidden_folders_are_no_playbooks(tmp_path: Path, classes: Classes) -> None:
    for name in ("_shared", ".git"):
        (tmp_path / name).mkdir()
    (tmp_path / "README.md").write_text("hello")
    assert load_playbooks([tmp_path], classes=classes) == ()


def test_what_cannot_be_read_is_said_all_at_once(tmp_path: Path, classes: Classes) -> None:
    for name in ("empty", "no-runbook", "not-yaml"):
        (tmp_path / name).mkdir()
    (tmp_path / "no-runbook" / "rule.yaml").write_text((SAMPLES / "gateway-refused" / "rule.yaml").read_text())
    (tmp_path / "not-yaml" / "rule.yaml").write_text("title: x\na: b: c\n")
    with pytest.raises(ConfigError) as caught:
        load_playbooks([tmp_path, tmp_path / "absent"], classes=classes)
    assert [problem.replace(f"{tmp_path}/", "").partition(" in ")[0] for problem in caught.value.problems] == [
        "absent:1: cannot be read as a folder of playbooks: No such file or directory",
        "empty/rule.yaml:1: cannot be read: No such file or directory",
        "no-runbook/runbook.md.j2:1: cannot be read: No such file or directory",
        "not-yaml/rule.yaml:2: is not YAML: mapping values are not allowed",
    ]


def test_a_name_is_used_once(tmp_path: Path, classes: Classes) -> None:
    copy = tmp_path / "stuck-senders"
    copy.mkdir()
    with pytest.raises(ConfigError, match="there is a playbook `stuck-senders` already"):
        load_playbooks([SAMPLES, tmp_path], classes=classes)


def test_a_folder_that_was_linted_before_is_not_linted_again(write: Callable[..., Path], classes: Classes) -> None:
    folder = write("my-leak", summary="{{ nothing_of_this_name }}")
    (playbook,) = load_playbooks([folder], classes=classes, sound=[folder])
    assert playbook.name == "my-leak"
    with pytest.raises(ConfigError, match="unknown variable `nothing_of_this_name`"):
        load_playbooks([folder], classes=classes, sound=[SAMPLES])
