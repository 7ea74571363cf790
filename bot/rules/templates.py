"""A playbook's templates → the words of a finding: summary, next steps, runbook.

The context is a contract. Every template sees the selections (each a tuple of rows, never empty), `service` (its name) and
`target` (a `Target`: the first instance it holds on; `target.instance` is empty when it belongs to the service as a whole).
A runbook also sees `incident` (an `Incident`, or None) and `similar` (a tuple of `SimilarIncident`).

Filters, beside Jinja's own:

    bytes      412345678 → `412 MB`
    duration   5400 (seconds) → `1 h 30 min`
    percent    0.853 → `85 %`
    short      `example.com/shop/pool.(*Pool).fetch` → `pool.(*Pool).fetch`
    basename   `/src/shop/pool.go` → `pool.go`
    plural     `1 | plural("goroutine")` → `1 goroutine`; `2 | plural("process", "processes")` → `2 processes`
    code       outside text as an inline code span of Markdown, on one line, that it cannot break out of
    shell      outside text as one word of a shell command

An unknown value (None) becomes the word `unknown` in each of them. Values are only ever values: what a log line or a
function's name says is never run as a template. `{% import "_shared/commands.md.j2" as commands %}` brings the shared macros.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from functools import cache, wraps
from pathlib import Path
from traceback import extract_tb
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.errors import ConfigError
from bot.model.diagnosis import Finding, SimilarIncident
from bot.model.evidence import Target
from bot.model.facts import Row
from bot.model.functions import short_function
from bot.model.incident import Incident
from bot.model.rule import Playbook
from bot.model.units import format_duration, format_ratio, format_size
from bot.rules.folders import RULE, RUNBOOK, builtin_directory

Rows = Mapping[str, tuple[Row, ...]]
"""The selected rows by selection name."""


def render_summary(playbook: Playbook, rows: Rows, *, service: str, target: Target) -> str:
    """Fill in the summary with the selected rows.

    Raises:
        ConfigError: the template cannot be filled in with these rows; names file and field.
    """
    return _render(playbook, "summary", playbook.rule.summary, {**rows, "service": service, "target": target})


def render_next_steps(playbook: Playbook, rows: Rows, *, service: str, target: Target) -> tuple[str, ...]:
    """Fill in the next steps with the selected rows; raises ConfigError as `render_summary` does."""
    context = {**rows, "service": service, "target": target}
    steps = enumerate(playbook.rule.next_steps)
    return tuple(_render(playbook, f"next_steps[{index}]", step, context) for index, step in steps)


def render_runbook(
    playbook: Playbook,
    finding: Finding,
    *,
    service: str,
    target: Target,
    incident: Incident | None = None,
    similar: tuple[SimilarIncident, ...] = (),
) -> str:
    """Fill in the runbook (Markdown) for a finding of this playbook; raises ConfigError as `render_summary` does."""
    context = {**finding.rows, "service": service, "target": target, "incident": incident, "similar": similar}
    return _render(playbook, RUNBOOK, playbook.runbook, context)


@cache
def environment(*folders: Path) -> ImmutableSandboxedEnvironment:
    """Return the sandbox that templates of the playbooks in these folders run in; made once per choice of folders."""
    found = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters.update(FILTERS)
    return found


def template_folders(directory: Path) -> tuple[Path, ...]:
    """Return where `_shared/…` is looked for: beside the playbook, then among the built-in ones."""
    return tuple(dict.fromkeys((directory.parent, builtin_directory())))


def _render(playbook: Playbook, name: str, source: str, context: Mapping[str, Any]) -> str:
    """Fill in the runbook or the template in a field of the rule; whatever goes wrong is a ConfigError that names it."""
    sandbox = environment(*template_folders(playbook.directory))
    try:
        code = sandbox.compile(source, filename=name)
        template = sandbox.template_class.from_code(sandbox, code, sandbox.make_globals(None))
        return template.render(context).strip("\n")
    except (TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == name]
        line = lines[-1] if lines else getattr(error, "lineno", 1)
        where = f"{RUNBOOK}:{line}" if name == RUNBOOK else f"{RULE}: {name}"
        raise ConfigError([f"{playbook.directory / where}: {error}"]) from error


def _or_unknown(write: Callable[..., str]) -> Callable[..., str]:
    """Make a filter say `unknown` for None."""

    @wraps(write)
    def filter_(value: Any, *arguments: Any) -> str:  # noqa: ANN401  # whatever a template hands over
        return "unknown" if value is None else write(value, *arguments)

    return filter_


def _basename(path: str) -> str:
    """Return the last element of a path, of Windows too."""
    return path.replace("\\", "/").rpartition("/")[2]


def _plural(count: float, one: str, many: str = "") -> str:
    """Write a count with its noun; the plural takes an `s` unless it is given."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def _code(value: object) -> str:
    """Write outside text as a code span (CommonMark 6.1: a longer run of backticks outside than any inside)."""
    text = " ".join(str(value).split())
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    space = " " if "`" in text or not text else ""
    return f"{fence}{space}{text}{space}{fence}"


FILTERS: Mapping[str, Callable[..., str]] = {
    "bytes": _or_unknown(format_size),
    "duration": _or_unknown(format_duration),
    "percent": _or_unknown(format_ratio),
    "short": _or_unknown(short_function),
    "basename": _or_unknown(_basename),
    "plural": _or_unknown(_plural),
    "code": _or_unknown(_code),
    "shell": _or_unknown(lambda value: shlex.quote(str(value))),
}
