"""The exception tree. Every message is one sentence that says what to do about it.

    GocrashError
    ├── UsageError        the command line was used wrongly, or no source could be read  (exit status 2)
    ├── ConfigError       configuration or playbook files are wrong; carries every problem at once  (exit status 2)
    ├── ParseError        bytes are not what they were taken for; recorded per evidence, never fatal to a diagnosis
    ├── CollectError      a pull failed; turned into a `CollectFailure` value at the edge of `collect`
    ├── StoreError        the database cannot be opened, read or written
    └── SlackError        Slack refused a call; `code` is Slack's own word for it

Only `cli` turns these into exit statuses, and only `slack` into ephemeral messages; everything between lets them pass.
"""

from __future__ import annotations

from collections.abc import Sequence


class GocrashError(Exception):
    """Anything this program reports in one sentence instead of a traceback."""


class UsageError(GocrashError):
    """A wrong command, option or source."""


class ConfigError(GocrashError):
    """Problems found while reading YAML files, all of them at once.

    `problems` holds one line each, `path:line: field: reason`.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class ParseError(GocrashError):
    """Bytes that cannot be read as the kind of evidence they were taken for."""


class CollectError(GocrashError):
    """A pull of evidence that did not succeed; the message is shown as the reason of a `CollectFailure`."""


class StoreError(GocrashError):
    """The incident database refused to work; the message says what to do."""


class SlackError(GocrashError):
    """Slack answered `ok: false`. `code` is Slack's error word, for example `not_in_channel`."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)
