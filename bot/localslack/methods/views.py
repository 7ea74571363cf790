"""views.*: modals and the Home tab."""

from __future__ import annotations

from dataclasses import replace

from bot.localslack.arguments import Arguments
from bot.localslack.checks import check_view
from bot.localslack.elements import with_ids
from bot.localslack.methods.method import Method
from bot.localslack.nouns import View
from bot.localslack.refusal import Json, Refused, invalid
from bot.localslack.workspace import Workspace

MOST_STACKED = 3


def new_view(workspace: Workspace, user: str, body: Json, *, kind: str, below: View | None = None) -> View:
    """A checked view with fresh ids; `below` is the one it is stacked on."""
    check_view(body, kind=kind)
    _unique(workspace, user, body)
    view_id = workspace.store.next_id("V")
    filled = body | {"blocks": list(with_ids(body["blocks"]))}
    root = below.root_id if below else view_id
    return View(view_id, user, filled, workspace.store.next_ts(), root, below.id if below else "")


def _unique(workspace: Workspace, user: str, body: Json) -> None:
    """An `external_id` names one view of the workspace at a time."""
    external = body.get("external_id")
    open_now = [view for stack in workspace.store.modals.values() for view in stack]
    shown = [*open_now, *(view for view in workspace.store.homes.values() if view.user != user)]
    if external and any(view.body.get("external_id") == external for view in shown):
        raise Refused("duplicate_external_id")


def push_view(workspace: Workspace, user: str, body: Json) -> View:
    """Stack a view on the person's open modal; `push_limit_reached` above three."""
    stack = workspace.store.modals.get(user, ())
    if len(stack) >= MOST_STACKED:
        raise Refused("push_limit_reached")
    view = new_view(workspace, user, body, kind="modal", below=stack[-1] if stack else None)
    workspace.store.modals[user] = (*stack, view)
    workspace.store.touch()
    return view


def replace_view(workspace: Workspace, view: View, body: Json) -> View:
    """The new edition of an open view, with a new hash."""
    check_view(body, kind=view.body["type"])
    filled = body | {"blocks": list(with_ids(body["blocks"]))}
    return workspace.store.put_view(replace(view, body=filled, hash=workspace.store.next_ts(), errors=()))


def _body(args: Arguments) -> Json:
    body = args.mapping("view")
    if body is None:
        raise invalid("invalid_arguments", ["missing required field: view"])
    return body


def _open(workspace: Workspace, args: Arguments) -> Json:
    body = _body(args)
    check_view(body, kind="modal")
    user = workspace.grants.redeem_trigger(args.text("trigger_id", args.text("interactivity_pointer", "")))
    view = new_view(workspace, user, body, kind="modal")
    workspace.store.modals[user] = (view,)
    workspace.store.touch()
    return {"view": workspace.view_json(view)}


def _push(workspace: Workspace, args: Arguments) -> Json:
    body = _body(args)
    check_view(body, kind="modal")
    return {"view": workspace.view_json(push_view(workspace, workspace.grants.redeem_trigger(args.text("trigger_id")), body))}


def _update(workspace: Workspace, args: Arguments) -> Json:
    body = _body(args)
    external = args.text("external_id", "")
    if external:
        found = [view for stack in workspace.store.modals.values() for view in stack if view.body.get("external_id") == external]
        if not found:
            raise Refused("not_found")
        view = found[0]
    else:
        view = workspace.store.view(args.text("view_id"))
    if args.has("hash") and args.text("hash") != view.hash:
        raise Refused("hash_conflict")
    return {"view": workspace.view_json(replace_view(workspace, view, body))}


def _publish(workspace: Workspace, args: Arguments) -> Json:
    if not workspace.app.home_tab:
        raise Refused("not_enabled", hint="features.app_home.home_tab_enabled is not set in the app's manifest")
    user = args.text("user_id")
    if user not in workspace.store.people:
        raise invalid("invalid_arguments", [f"user not found: {user}"])
    old = workspace.store.homes.get(user)
    if old and args.has("hash") and args.text("hash") != old.hash:
        raise Refused("hash_conflict")
    view = new_view(workspace, user, _body(args), kind="home")
    workspace.store.homes[user] = replace(view, id=old.id, root_id=old.id) if old else view
    workspace.store.touch()
    return {"view": workspace.view_json(workspace.store.homes[user])}


METHODS = {
    "views.open": Method(_open),
    "views.push": Method(_push),
    "views.update": Method(_update),
    "views.publish": Method(_publish),
}
