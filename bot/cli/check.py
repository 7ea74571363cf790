"""`gocrash check [PLAYBOOK...]`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bot.cli.options import config_option, read_config
from bot.errors import ConfigError, UsageError


@click.command("check")
@click.argument("names", nargs=-1, metavar="[PLAYBOOK]...")
@click.option(
    "--update",
    is_flag=True,
    help="Write what the catalogue says about each example instead of comparing; read it before you keep it.",
)
@config_option
def command(names: tuple[str, ...], update: bool, config_file: Path | None) -> None:
    """Lint every playbook, and run every example against the whole catalogue. Exit status 1 when something does not hold."""
    from bot.collect.bundle import read_bundle  # noqa: PLC0415  # `--help` needs none of it
    from bot.diagnose import Subject, judge, load_engine  # noqa: PLC0415
    from bot.model.diagnosis import Diagnosis  # noqa: PLC0415
    from bot.rules.examples import check_examples, examples  # noqa: PLC0415
    from bot.yamlfile import did_you_mean  # noqa: PLC0415

    config = read_config(config_file)
    try:
        engine = load_engine(config, lint_builtin=True)
    except ConfigError as error:
        click.echo("\n".join(error.problems), err=True)
        sys.exit(1)
    known = {playbook.name: playbook for playbook in engine.playbooks}
    for name in names:
        if name not in known:
            raise UsageError(f"there is no playbook `{name}`{did_you_mean(name, known)}")
    chosen = [known[name] for name in names] or list(engine.playbooks)

    def diagnose(directory: Path) -> Diagnosis:
        bundle = read_bundle(directory)
        return judge(bundle, engine, Subject(name=bundle.service)).diagnosis

    problems = check_examples(chosen, diagnose, update=update)
    for problem in problems:
        click.echo(problem, err=True)
    count = sum(len(examples(playbook)) for playbook in chosen)
    click.echo(f"{len(chosen)} playbooks, {count} examples, {len(problems)} problems")
    sys.exit(1 if problems else 0)
