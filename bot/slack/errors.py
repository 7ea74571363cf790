"""What Slack refuses, in words for people: its error code → the class in `bot.errors`, and one sentence that says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_sdk.errors import SlackApiError

from bot import errors
from bot.errors import SlackError

FIRST_SERVER_ERROR = 500
_INVITE = "invite me with `/invite @gocrash`."
_AGAIN = "Try again in a minute."
_REINSTALL = "reinstall the app and set {token} anew."
_CLICK_AGAIN = "click again."

# `{token}` is the variable that holds the call's token, `{needed}` the missing scope, `{detail}` Slack's own list of mistakes.
REFUSALS: Mapping[str, tuple[type[SlackError], str]] = {
    "ratelimited": (errors.RateLimitedError, "Slack asks for fewer calls: this waits for a moment."),
    "rate_limited": (errors.RateLimitedError, "Slack asks for fewer calls: this waits for a moment."),
    "unreachable": (errors.UnreachableError, f"Slack cannot be reached. {_AGAIN}"),
    "internal_error": (errors.InternalError, f"Slack has trouble of its own. {_AGAIN}"),
    "fatal_error": (errors.FatalError, f"Slack has trouble of its own. {_AGAIN}"),
    "service_unavailable": (errors.ServiceUnavailableError, f"Slack is down for a while. {_AGAIN}"),
    "request_timeout": (errors.RequestTimeoutError, f"Slack did not get the whole call. {_AGAIN}"),
    "invalid_auth": (errors.InvalidAuthError, "Slack does not accept {token}. Copy the token from the app's page again."),
    "not_authed": (errors.NotAuthedError, "The call went without a token: set {token}."),
    "token_revoked": (errors.TokenRevokedError, f"The token in {{token}} was revoked: {_REINSTALL}"),
    "token_expired": (
        errors.TokenExpiredError,
        "The token in {token} has expired: switch token rotation off, reinstall the app.",
    ),
    "account_inactive": (
        errors.AccountInactiveError,
        f"The token in {{token}} belongs to an installation that was removed: {_REINSTALL}",
    ),
    "not_allowed_token_type": (
        errors.NotAllowedTokenTypeError,
        "{token} holds a token of the wrong kind: SLACK_BOT_TOKEN begins with xoxb-, SLACK_APP_TOKEN with xapp-.",
    ),
    "missing_scope": (
        errors.MissingScopeError,
        "The Slack app lacks the scope `{needed}`: add it to the app's manifest and reinstall the app.",
    ),
    "unknown_method": (errors.UnknownMethodError, "This Slack server does not have the call: check SLACK_API_URL."),
    "too_many_websockets": (
        errors.TooManyWebsocketsError,
        "Ten sockets of this app are open already: stop the other bots that use the same SLACK_APP_TOKEN.",
    ),
    "no_such_subteam": (errors.NoSuchSubteamError, "Slack knows no such user group: correct `allow` in the configuration."),
    "not_in_channel": (errors.NotInChannelError, f"I am not in this channel: {_INVITE}"),
    "channel_not_found": (errors.ChannelNotFoundError, f"I cannot see this channel: {_INVITE}"),
    "is_archived": (errors.IsArchivedError, "This channel is archived: nothing can be posted in it."),
    "restricted_action": (
        errors.RestrictedActionError,
        "This workspace does not let me post in this channel: ask its admins.",
    ),
    "method_not_supported_for_channel_type": (
        errors.WrongChannelTypeError,
        "That does not work in a channel of this kind: use a public or private channel.",
    ),
    "user_not_found": (errors.UserNotFoundError, "Slack knows no such person."),
    "user_not_in_channel": (errors.UserNotInChannelError, "The person is not in this channel: invite them first."),
    "invalid_blocks": (errors.InvalidBlocksError, "Slack did not accept the layout of the answer ({detail})."),
    "invalid_attachments": (errors.InvalidAttachmentsError, "Slack did not accept the layout of the answer ({detail})."),
    "invalid_arguments": (errors.InvalidArgumentsError, "Slack did not understand the call ({detail})."),
    "invalid_metadata_format": (errors.InvalidMetadataError, "Slack did not accept the mark on the answer ({detail})."),
    "no_text": (errors.NoTextError, "The answer was empty."),
    "msg_too_long": (errors.MsgTooLongError, "The answer is too long for one message."),
    "msg_blocks_too_long": (errors.MsgBlocksTooLongError, "The answer is too long for one message."),
    "message_not_found": (errors.MessageNotFoundError, "The message to edit is gone: somebody deleted it."),
    "thread_not_found": (errors.ThreadNotFoundError, "The message to answer is gone: somebody deleted it."),
    "file_not_found": (errors.FileNotFoundInSlackError, "The file did not arrive in Slack."),
    "cant_update_message": (errors.CantUpdateMessageError, "That message belongs to another app and cannot be edited."),
    "edit_window_closed": (errors.EditWindowClosedError, "This workspace does not let messages of this age be edited."),
    "expired_trigger_id": (errors.ExpiredTriggerError, f"That took longer than the 3 s that Slack allows: {_CLICK_AGAIN}"),
    "exchanged_trigger_id": (errors.UsedTriggerError, f"That click has been used already: {_CLICK_AGAIN}"),
    "invalid_trigger_id": (errors.InvalidTriggerError, f"Slack does not know that click any more: {_CLICK_AGAIN}"),
    "not_found": (errors.ViewNotFoundError, "The window is not open any more: open it again."),
    "hash_conflict": (errors.HashConflictError, "The window has changed meanwhile: open it again."),
    "push_limit_reached": (errors.PushLimitReachedError, "Three windows lie on each other already: close one."),
    "expired_url": (errors.ExpiredUrlError, "More than 30 minutes have passed since the command: type it again."),
    "used_url": (errors.UsedUrlError, "Slack takes five answers to one command: type it again."),
}


def translate(error: SlackApiError, *, token: str = "SLACK_BOT_TOKEN") -> SlackError:  # noqa: S107  # the variable's name
    """Turn the SDK's exception into ours, with a sentence that says what to do; `token` names the variable that was used."""
    data = error.response.data if isinstance(error.response.data, dict) else {}
    status = error.response.status_code
    unnamed = "service_unavailable" if status >= FIRST_SERVER_ERROR else f"http_{status}"
    return refusal(str(data.get("error") or unnamed), data, token=token)


def refusal(code: str, data: Mapping[str, Any] | None = None, *, token: str = "SLACK_BOT_TOKEN") -> SlackError:  # noqa: S107
    """Return the exception for one of Slack's error codes; `data` is the answer it stood in."""
    given = data or {}
    detail = "; ".join((given.get("response_metadata") or {}).get("messages", [])) or "no details given"
    kind, sentence = REFUSALS.get(code, (SlackError, "Slack refused the call with `{code}`."))
    return kind(code, sentence.format(code=code, needed=given.get("needed", "?"), detail=detail, token=token))
