"""What the README says is so: its commands, options, variables, libraries, links and pictures."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest
from PIL import Image

from bot.cli import COMMANDS, gocrash
from bot.respond.verbs import VERBS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_every_command_is_in_the_table_with_its_own_words() -> None:
    table = dict(re.findall(r"^\| `gocrash (\w+)` \| (.+) \|$", README, re.MULTILINE))
    assert table == {name: summary for name, (_, summary) in COMMANDS.items()}


def test_every_verb_is_in_the_table_with_its_own_words() -> None:
    table = README.partition("| typed after `/gocrash`")[2].partition("\n\n")[0].splitlines()[2:]
    usages = [(command.help.usage.removeprefix("/gocrash ").replace("|", "\\|"), command.help.does) for command in VERBS.values()]
    assert table == [f"| `{usage}` | {does} |" for usage, does in usages]


def test_every_option_the_readme_names_exists() -> None:
    context = click.Context(gocrash)
    commands = [command for name in COMMANDS if (command := gocrash.get_command(context, name))]
    verbs = [verb for command in commands if isinstance(command, click.Group) for verb in command.commands.values()]
    known = {option for command in (*commands, *verbs) for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"gocrash [^`\n]*?(--[a-z-]+)", README)) | set(re.findall(r"`(--[a-z-]+)", README)) <= known | {
        "--help"
    }


def test_every_dependency_earns_its_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[<>=]", dependency)[0] for dependency in project["dependencies"]}
    assert declared == set(re.findall(r"^\| ([a-z0-9-]+) \| [^|]+ \|$", README, re.MULTILINE)) - {
        "library",
        "variable",
        "command",
    }


def test_every_dependency_is_pinned_between_two_versions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert all(re.fullmatch(r"[a-z0-9-]+>=[\d.]+,<[\d.]+", dependency) for dependency in project["dependencies"])


def test_every_link_and_picture_is_there() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert targets
    for target in targets:
        assert (ROOT / target).exists(), target


def test_the_test_command_is_the_one_ci_runs() -> None:
    assert "sed -n" in (ROOT / ".ci" / "run").read_text()
    assert len(re.findall(r"^    python3 -m venv .* pytest.*$", README, re.MULTILINE)) == 1


@pytest.mark.parametrize("path", sorted((ROOT / "deploy" / "pictures").glob("*.png")), ids=lambda path: path.name)
def test_pictures_are_small(path: Path) -> None:
    assert path.stat().st_size < 300_000
    with Image.open(path) as picture:
        assert picture.width >= 800
