"""auth.*, apps.*, users.*, usergroups.*, bots.* and team.*: who is who, and the ticket for a socket."""

from __future__ import annotations

from bot.localslack.arguments import Arguments
from bot.localslack.methods.method import Method
from bot.localslack.nouns import TEAM_DOMAIN, TEAM_ID, TEAM_NAME
from bot.localslack.refusal import Json, Refused
from bot.localslack.wire import bot_json, bot_user_json, group_json, user_json
from bot.localslack.workspace import Workspace


def _auth_test(workspace: Workspace, args: Arguments) -> Json:
    del args
    app = workspace.app
    return {
        "url": f"{workspace.base_url}/",
        "team": TEAM_NAME,
        "team_id": TEAM_ID,
        "user": app.bot_name,
        "user_id": app.user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def _connections_open(workspace: Workspace, args: Arguments) -> Json:
    del args
    return {"url": f"{workspace.ws_url}?ticket={workspace.sockets.issue_ticket()}&app_id={workspace.app.id}"}


def _users_info(workspace: Workspace, args: Arguments) -> Json:
    wanted = args.text("user")
    for bot in workspace.store.bots.values():
        if bot.user_id == wanted:
            return {"user": bot_user_json(bot)}
    if wanted not in workspace.store.people:
        raise Refused("user_not_found")
    return {"user": user_json(workspace.store.people[wanted])}


def _users_list(workspace: Workspace, args: Arguments) -> Json:
    del args
    bots = [bot_user_json(bot) for bot in workspace.store.bots.values() if bot.user_id]
    return {"members": [*map(user_json, workspace.store.people.values()), *bots], "response_metadata": {"next_cursor": ""}}


def _groups(workspace: Workspace, args: Arguments) -> Json:
    with_users, with_count = args.flag("include_users"), args.flag("include_count")
    groups = workspace.store.groups.values()
    return {"usergroups": [group_json(group, with_users=with_users, with_count=with_count) for group in groups]}


def _group_users(workspace: Workspace, args: Arguments) -> Json:
    group = workspace.store.groups.get(args.text("usergroup"))
    if group is None:
        raise Refused("no_such_subteam")
    return {"users": list(group.users)}


def _bots_info(workspace: Workspace, args: Arguments) -> Json:
    bot = workspace.store.bots.get(args.text("bot"))
    if bot is None:
        raise Refused("bot_not_found")
    return {"bot": bot_json(bot) | {"user_id": bot.user_id}}


def _team_info(workspace: Workspace, args: Arguments) -> Json:
    del workspace, args
    return {"team": {"id": TEAM_ID, "name": TEAM_NAME, "domain": TEAM_DOMAIN, "email_domain": "", "icon": {}}}


METHODS = {
    "auth.test": Method(_auth_test),
    "apps.connections.open": Method(_connections_open, credential="app"),
    "users.info": Method(_users_info, ("users:read",)),
    "users.list": Method(_users_list, ("users:read",)),
    "usergroups.list": Method(_groups, ("usergroups:read",)),
    "usergroups.users.list": Method(_group_users, ("usergroups:read",)),
    "bots.info": Method(_bots_info, ("users:read",)),
    "team.info": Method(_team_info, ("team:read",)),
}
