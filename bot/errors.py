"""The exception tree. Every message is one sentence that says what to do about it.

    GocrashError
    ├── UsageError        the command line was used wrongly, or no source could be read  (exit status 2)
    ├── ConfigError       configuration or playbook files are wrong; carries every problem at once  (exit status 2)
    ├── ParseError        bytes are not what they were taken for; recorded per evidence, never fatal to a diagnosis
    ├── CollectError      a pull failed; turned into a `CollectFailure` value at the edge of `collect`
    ├── StoreError        the database cannot be opened, read or written
    └── SlackError        Slack refused a call; `code` is Slack's own word for it
        ├── SlackAwayError     not now, but later: nothing was wrong with the call
        │   └── RateLimitedError  UnreachableError  InternalError  FatalError  ServiceUnavailableError  RequestTimeoutError
        ├── InstallationError  the app, its tokens or its scopes: whoever runs the bot has to mend it
        │   └── InvalidAuthError  NotAuthedError  TokenRevokedError  TokenExpiredError  AccountInactiveError
        │       NotAllowedTokenTypeError  MissingScopeError  UnknownMethodError  TooManyWebsocketsError  NoSuchSubteamError
        ├── PlaceError         the bot may not speak (or look) there
        │   └── NotInChannelError  ChannelNotFoundError  IsArchivedError  RestrictedActionError
        │       WrongChannelTypeError  UserNotFoundError  UserNotInChannelError
        ├── ContentError       Slack does not take what was to be shown
        │   └── InvalidBlocksError  InvalidAttachmentsError  InvalidArgumentsError  InvalidMetadataError  NoTextError
        │       MsgTooLongError  MsgBlocksTooLongError
        └── GoneError          what the call was about is not there any more, or time has run out for it
            └── MessageNotFoundError  ThreadNotFoundError  FileNotFoundInSlackError  CantUpdateMessageError  EditWindowClosedError
                ExpiredTriggerError  UsedTriggerError  InvalidTriggerError  ViewNotFoundError  HashConflictError
                PushLimitReachedError  ExpiredUrlError  UsedUrlError

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


class SlackAwayError(SlackError):
    """Not now: the same call may succeed later."""


class RateLimitedError(SlackAwayError):
    """`ratelimited`: too many calls; Slack says when to go on."""


class UnreachableError(SlackAwayError):
    """`unreachable`: no answer came from Slack at all."""


class InternalError(SlackAwayError):
    """`internal_error`: something went wrong inside Slack."""


class FatalError(SlackAwayError):
    """`fatal_error`: the same, and some of the call may have taken effect."""


class ServiceUnavailableError(SlackAwayError):
    """`service_unavailable`: Slack is down for a while."""


class RequestTimeoutError(SlackAwayError):
    """`request_timeout`: the call did not arrive whole."""


class InstallationError(SlackError):
    """The app, its tokens or its scopes are not as the bot needs them."""


class InvalidAuthError(InstallationError):
    """`invalid_auth`: Slack does not know the token."""


class NotAuthedError(InstallationError):
    """`not_authed`: no token was sent."""


class TokenRevokedError(InstallationError):
    """`token_revoked`: the token was taken back."""


class TokenExpiredError(InstallationError):
    """`token_expired`: the token was one of limited life."""


class AccountInactiveError(InstallationError):
    """`account_inactive`: the token's installation was removed."""


class NotAllowedTokenTypeError(InstallationError):
    """`not_allowed_token_type`: a bot token where an app token belongs, or the other way round."""


class MissingScopeError(InstallationError):
    """`missing_scope`: the app was not given a scope."""


class UnknownMethodError(InstallationError):
    """`unknown_method`: this server does not have the call."""


class TooManyWebsocketsError(InstallationError):
    """`too_many_websockets`: ten sockets of the app are open already."""


class NoSuchSubteamError(InstallationError):
    """`no_such_subteam`: there is no user group of that name."""


class PlaceError(SlackError):
    """The bot may not speak or look where it was asked to."""


class NotInChannelError(PlaceError):
    """`not_in_channel`: the bot is no member."""


class ChannelNotFoundError(PlaceError):
    """`channel_not_found`: there is no such channel, or it is private and the bot is no member."""


class IsArchivedError(PlaceError):
    """`is_archived`: nobody can post there any more."""


class RestrictedActionError(PlaceError):
    """`restricted_action`: a rule of the workspace forbids it."""


class WrongChannelTypeError(PlaceError):
    """`method_not_supported_for_channel_type`: not in a channel of this kind."""


class UserNotFoundError(PlaceError):
    """`user_not_found`: there is no such person."""


class UserNotInChannelError(PlaceError):
    """`user_not_in_channel`: the person who was to see it is no member."""


class ContentError(SlackError):
    """Slack does not take the content."""


class InvalidBlocksError(ContentError):
    """`invalid_blocks`: a block breaks one of Block Kit's rules."""


class InvalidAttachmentsError(ContentError):
    """`invalid_attachments`: an attachment does."""


class InvalidArgumentsError(ContentError):
    """`invalid_arguments`: the call was put together wrongly."""


class InvalidMetadataError(ContentError):
    """`invalid_metadata_format`: the message's metadata was."""


class NoTextError(ContentError):
    """`no_text`: the message was empty."""


class MsgTooLongError(ContentError):
    """`msg_too_long`: the text is longer than Slack takes."""


class MsgBlocksTooLongError(ContentError):
    """`msg_blocks_too_long`: all blocks together are."""


class GoneError(SlackError):
    """What the call was about is not there any more, or its time has run out."""


class MessageNotFoundError(GoneError):
    """`message_not_found`: somebody deleted it."""


class ThreadNotFoundError(GoneError):
    """`thread_not_found`: the message it hung on was deleted."""


class FileNotFoundInSlackError(GoneError):
    """`file_not_found`: the upload did not arrive, or was deleted."""


class CantUpdateMessageError(GoneError):
    """`cant_update_message`: it belongs to somebody else."""


class EditWindowClosedError(GoneError):
    """`edit_window_closed`: it is too old to be edited here."""


class ExpiredTriggerError(GoneError):
    """`expired_trigger_id`: more than 3 s passed since the click."""


class UsedTriggerError(GoneError):
    """`exchanged_trigger_id`: the click has opened something already."""


class InvalidTriggerError(GoneError):
    """`invalid_trigger_id`: Slack does not know the click."""


class ViewNotFoundError(GoneError):
    """`not_found`: the window was closed."""


class HashConflictError(GoneError):
    """`hash_conflict`: the window changed meanwhile."""


class PushLimitReachedError(GoneError):
    """`push_limit_reached`: three windows lie on each other already."""


class ExpiredUrlError(GoneError):
    """`expired_url`: more than 30 min passed since the command."""


class UsedUrlError(GoneError):
    """`used_url`: five answers were given to the command."""
