"""views.*: opening and changing modals, publishing Home tabs."""

from __future__ import annotations

from .answers import Json, Refusal
from .modals import check_hash, checked
from .workspace import Workspace


def open_view(workspace: Workspace, args: Json) -> Json:
    content = checked(args.get("view"), "modal")
    return {
        "view": workspace.views.open(workspace.triggers.exchange(str(args.get("trigger_id") or "")), content).shown()
    }


def push_view(workspace: Workspace, args: Json) -> Json:
    content = checked(args.get("view"), "modal")
    return {
        "view": workspace.views.push(workspace.triggers.exchange(str(args.get("trigger_id") or "")), content).shown()
    }


def update_view(workspace: Workspace, args: Json) -> Json:
    view = workspace.views.find(args)
    return {"view": workspace.views.replace(view, checked(args.get("view"), view.content["type"])).shown()}


def publish_view(workspace: Workspace, args: Json) -> Json:
    user = args.get("user_id")
    if user not in workspace.users:
        raise Refusal("user_not_found")
    content = checked(args.get("view"), "home")
    if home := workspace.views.homes.get(user):
        check_hash(home, args)
    return {"view": workspace.views.publish(user, content).shown()}
