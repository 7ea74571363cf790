"""The Web API methods this stand-in knows, by name: one plain table."""

from __future__ import annotations

from bot.localslack.methods import chat, conversations, directory, files, marks, views
from bot.localslack.methods.method import Method

METHODS: dict[str, Method] = {
    **directory.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **marks.METHODS,
    **files.METHODS,
    **views.METHODS,
}
