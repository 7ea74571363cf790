"""What Slack refuses, in words for people. One sentence per error code that a running bot can meet."""

from __future__ import annotations

from slack_sdk.errors import SlackApiError

from bot.errors import SlackError

SENTENCES = {
    "not_in_channel": "I am not in this channel: invite me with `/invite @gocrash`.",
    "channel_not_found": "I cannot see this channel: invite me with `/invite @gocrash`.",
    "is_archived": "This channel is archived: nothing can be posted in it.",
    "restricted_action": "This workspace does not let me post in this channel: ask its admins.",
    "missing_scope": "The Slack app lacks the scope `{needed}`: add it to the app's manifest and reinstall the app.",
    "invalid_auth": "Slack does not accept the bot's token: set SLACK_BOT_TOKEN to the token on the app's Install page.",
    "not_authed": "The bot sent no token: set SLACK_BOT_TOKEN.",
    "token_revoked": "The bot's token was revoked: reinstall the app and set SLACK_BOT_TOKEN.",
    "account_inactive": "The bot's token belongs to a removed installation: reinstall the app and set SLACK_BOT_TOKEN.",
    "message_not_found": "The message to edit is gone: somebody deleted it.",
    "cant_update_message": "That message belongs to another app and cannot be edited.",
    "msg_too_long": "The answer is too long for one message.",
    "invalid_blocks": "Slack did not accept the layout of the answer ({detail}).",
}


def translate(error: SlackApiError) -> SlackError:
    """Turn the SDK's exception into ours, with a sentence that says what to do."""
    data = error.response.data if isinstance(error.response.data, dict) else {}
    code = str(data.get("error") or f"http_{error.response.status_code}")
    detail = "; ".join((data.get("response_metadata") or {}).get("messages", []))
    sentence = SENTENCES.get(code, "Slack refused the call with `{code}`.")
    return SlackError(code, sentence.format(code=code, needed=data.get("needed", "?"), detail=detail))
