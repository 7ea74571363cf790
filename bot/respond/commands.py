"""The job `command`: the words after `/gocrash` or `@gocrash` are carried out by the verb they begin with (`verbs`)."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

from bot.errors import UsageError
from bot.model.incident import Job
from bot.render.slack import notices
from bot.respond.context import Commit, Context
from bot.respond.verbs import CLOSE, VERBS
from bot.respond.verbs.looking import nearest_services
from bot.respond.verbs.request import Request, split_word


def run(context: Context, job: Job) -> Commit:
    """Carry out the job."""
    request = _request(context, job)
    try:
        return _carried_out(request)
    except UsageError as error:
        return request.say(notices.error(str(error), do="/gocrash help shows what I know."))


def give_up(context: Context, job: Job, reason: str) -> Commit:
    """Tell the person that the command could not be carried out."""
    answer = notices.error("That did not work.", do=reason, error_id=f"job {job.number}")
    return Request(context=context, job=job, text="", here=None).say(answer)


def _carried_out(request: Request) -> Commit:
    if not request.words:
        return VERBS["help"].run(request)
    first, after = request.words[0], split_word(request.text)[1]
    word = first.lower()
    if word in VERBS:
        return VERBS[word].run(replace(request, text=after))
    if word in request.context.config.services:
        return VERBS["diagnose"].run(request)
    if near := get_close_matches(word, list(VERBS), n=1, cutoff=CLOSE):
        return request.say(notices.unknown_verb(first, near[0]))
    return request.say(nearest_services(request.context, first))


def _request(context: Context, job: Job) -> Request:
    """Return what was asked; who asks has a name from here on, which the event of a mention does not give."""
    payload = job.payload
    name = payload["name"] or context.workspace.name(payload["user"])
    thread = payload.get("thread_ts", "")
    return Request(
        context=context,
        job=replace(job, payload={"thread_ts": "", "response_url": "", **payload, "name": name}),
        text=payload["text"],
        here=context.store.answers.incident_at(payload["channel"], thread) if thread else None,
    )
