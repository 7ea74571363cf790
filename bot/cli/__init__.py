"""The `gocrash` command. A command lives in a module of its own, imported when it is called, so that `--help` is quick."""

from __future__ import annotations

import importlib
import os
import signal
import sys

import click

from bot.errors import ConfigError, GocrashError

COMMANDS = {
    "diagnose": ("bot.cli.diagnose", "Diagnose services, servers, files or saved bundles without Slack."),
    "serve": ("bot.cli.serve", "Run the bot against a Slack workspace."),
    "demo": ("bot.cli.demo", "Run the whole bot on this machine against a local Slack, in a browser."),
    "check": ("bot.cli.check", "Lint playbooks and run their examples."),
    "facts": ("bot.cli.facts", "Print the fact tables of a source, as a rule author sees them."),
    "docs": ("bot.cli.docs", "Write the generated files: rule schema, catalogue of playbooks, failure classes."),
    "replay": ("bot.cli.replay", "Judge saved evidence with today's playbooks, and say what changed."),
    "incident": ("bot.cli.incident", "Open, follow, search and measure incidents."),
    "db": ("bot.cli.db", "Back up, restore, check and prune what the bot remembers."),
    "doctor": ("bot.cli.doctor", "Check configuration, tokens, scopes, services, playbooks, database."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is used; help needs no import at all."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Name every command, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Import and return one command; None when there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """Write the list of commands from the table, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, and name the nearest one when the word is wrong."""
        from difflib import get_close_matches  # noqa: PLC0415  # only a wrong word pays for it

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else " See `gocrash --help`."
            raise click.UsageError(f"There is no command `{args[0]}`.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gocrash", prog_name="gocrash")
def gocrash() -> None:
    """Say what is wrong with a Go service, which line is to blame, and what to do."""


def main() -> None:
    """Run the command line; every error of ours is one sentence per problem on standard error and exit status 2.

    When it is told to stop (SIGTERM), or nobody reads its answer any more, it ends with the status that a shell gives to that.
    """
    signal.signal(signal.SIGTERM, _stop)
    output = sys.stdout
    try:
        gocrash.main(prog_name="gocrash", standalone_mode=False)
    except SystemExit as end:
        # At a closed pipe click (which then wraps standard output) and rich end with 1, which would say that something was found.
        if isinstance(end.__context__, BrokenPipeError) or sys.stdout is not output:
            _write_no_more()
            sys.exit(128 + signal.SIGPIPE)
        raise
    except click.Abort:
        click.echo("gocrash: interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ConfigError as error:
        for problem in error.problems:
            _complain(problem)
        sys.exit(2)
    except GocrashError as error:
        _complain(str(error))
        sys.exit(2)
    except OSError as error:
        if error.filename is not None:
            raise
        # What has no file name is a stream that is open: the answer goes nowhere else.
        _write_no_more()
        _complain(f"the answer cannot be written ({error.strerror}): free some space, or send standard output elsewhere")
        sys.exit(2)


def _write_no_more() -> None:
    """Let what standard output still holds go nowhere: when Python ends it would try again, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stop(*_: object) -> None:
    """End, and clean up on the way; who says it twice does not interrupt that."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(128 + signal.SIGTERM)


def _complain(problem: str) -> None:
    """Say what is wrong, without the secrets in it: addresses are quoted as they were typed."""
    from bot.redact import Redactor  # noqa: PLC0415  # only an error needs it

    click.echo(f"gocrash: {Redactor().line(problem)}", err=True)
