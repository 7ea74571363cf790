"""`gocrash docs VERB`: files that are generated from the code and the playbooks, and kept current by `--check`."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click


@click.command("docs")
@click.argument("what", type=click.Choice(["schema", "catalogue", "classes"]))
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when the file is not what would be written.")
def command(what: str, check: bool) -> None:
    """Write a generated file: the rules' JSON schema, the catalogue of playbooks, or the list of failure classes."""
    from bot.rules.folders import builtin_directory  # noqa: PLC0415  # `--help` needs none of it

    name, generate = _GENERATED[what]
    path = builtin_directory() / name
    fresh = generate()
    stale = not path.exists() or path.read_text(encoding="utf-8") != fresh
    if check:
        if stale:
            click.echo(f"gocrash: {path} is not current: run `gocrash docs {what}`", err=True)
        sys.exit(1 if stale else 0)
    if stale:
        path.write_text(fresh, encoding="utf-8")
    click.echo(f"{path} {'written' if stale else 'is current'}")


def _schema() -> str:
    from bot.rules.load import load_classes  # noqa: PLC0415
    from bot.rules.schema import schema_text  # noqa: PLC0415

    return schema_text(load_classes())


def _catalogue() -> str:
    from bot.diagnose import load_engine  # noqa: PLC0415
    from bot.rules.pages import catalogue_page  # noqa: PLC0415

    engine = load_engine()
    return catalogue_page(engine.playbooks, engine.classes)


def _classes() -> str:
    from bot.rules.load import load_classes  # noqa: PLC0415
    from bot.rules.pages import classes_page  # noqa: PLC0415

    return classes_page(load_classes())


_GENERATED: dict[str, tuple[str, Callable[[], str]]] = {
    "schema": ("schema.json", _schema),
    "catalogue": ("CATALOGUE.md", _catalogue),
    "classes": ("CLASSES.md", _classes),
}
