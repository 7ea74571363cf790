"""files.*: the two-step upload and what is known of a file. The bytes themselves arrive in `server.py`."""

from __future__ import annotations

from dataclasses import replace

from bot.localslack.arguments import Arguments
from bot.localslack.methods.chat import thread_of
from bot.localslack.methods.method import Method
from bot.localslack.nouns import File, Message
from bot.localslack.refusal import Json, Refused, invalid
from bot.localslack.schema import Anything, Chars, Many, record
from bot.localslack.wire import file_json
from bot.localslack.workspace import Workspace

_FILES = Many(record("id", id=Chars(255), title=Anything(), highlight_type=Anything()), 100)


def _get_upload_url(workspace: Workspace, args: Arguments) -> Json:
    length = args.number("length", 0)
    if length <= 0:
        raise invalid("invalid_arguments", ["missing required field: length"])
    file = File(
        workspace.store.next_id("F"),
        args.text("filename"),
        length,
        workspace.app.user_id,
        alt_text=args.text("alt_txt", ""),
        snippet_type=args.text("snippet_type", ""),
    )
    workspace.store.files[file.id] = file
    return {"upload_url": f"{workspace.base_url}/upload/{file.id}", "file_id": file.id}


def _complete_upload(workspace: Workspace, args: Arguments) -> Json:
    given = args.array("files")
    if problems := [*_FILES.problems(given, "/files")]:
        raise invalid("invalid_arguments", problems)
    files = [_uploaded(workspace, each) for each in given]
    workspace.store.files.update({file.id: file for file in files})
    if wanted := args.text("channel_id", args.text("channels", "")):
        channel = workspace.store.channels.get(wanted)
        if channel is None:
            raise Refused("channel_not_found")
        if workspace.app.user_id not in channel.members:
            raise Refused("not_in_channel" if channel.kind == "channel" else "channel_not_found")
        message = Message(
            channel=channel.id,
            ts=workspace.store.next_ts(),
            text=args.text("initial_comment", ""),
            user=workspace.app.user_id,
            bot=workspace.app.bot_id,
            subtype="file_share",
            thread_ts=thread_of(workspace, channel, args.text("thread_ts", "")),
            files=tuple(file.id for file in files),
        )
        workspace.share(message)
    return {"files": [file_json(workspace.store.files[file.id], workspace.base_url) for file in files]}


def _uploaded(workspace: Workspace, entry: Json) -> File:
    file = workspace.store.files.get(entry["id"])
    if file is None or file.content is None:
        raise Refused("file_not_found")
    return replace(file, title=str(entry.get("title") or file.name))


def _info(workspace: Workspace, args: Arguments) -> Json:
    file = workspace.store.files.get(args.text("file"))
    if file is None or file.content is None:
        raise Refused("file_not_found")
    return {"file": file_json(file, workspace.base_url)}


METHODS = {
    "files.getUploadURLExternal": Method(_get_upload_url, ("files:write",)),
    "files.completeUploadExternal": Method(_complete_upload, ("files:write",)),
    "files.info": Method(_info, ("files:read",)),
}
