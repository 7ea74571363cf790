// The page: fetches the workspace after every change, draws it, and sends what the person does to the control API.
import { el, safeUrl } from "./dom.js";
import { filledIn, renderBlocks } from "./blocks.js";
import { wireComposer } from "./composer.js";
import { dropdown, entry } from "./menu.js";
import { renderList } from "./messages.js";
import { mrkdwn, textObject } from "./mrkdwn.js";

const by = (id) => document.getElementById(id);
const APP_VIEW = "app";
let state = null;
let me = sessionStorage.getItem("me") ?? "";
let place = { channel: "", tab: "home", thread: "", message: "" };
const seen = {};
const drawn = {};

async function send(verb, values) {
  const response = await fetch(`/control/${verb}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(values) });
  const answer = await response.json();
  if (answer.error && answer.error !== "missing_input") toast(answer.hint ?? `${verb}: ${answer.error}`);
  return answer;
}

function toast(text) {
  by("toast").textContent = text;
  by("toast").hidden = false;
  setTimeout(() => { by("toast").hidden = true; }, 5000);
}

function ask(confirm, names) {
  return new Promise((resolve) => {
    const dialog = by("confirm");
    const done = (answer) => () => { dialog.close(); resolve(answer); };
    dialog.replaceChildren(
      el("h2", {}, confirm.title.text), textObject(confirm.text, names),
      el("div", { class: "buttons" },
        el("button", { type: "button", class: "button", onclick: done(false) }, confirm.deny.text),
        el("button", { type: "button", class: `button ${confirm.style ?? "primary"}`, onclick: done(true) }, confirm.confirm.text)));
    dialog.oncancel = done(false);
    dialog.showModal();
  });
}

async function act(where, part, blockId, chosen, values) {
  if (part.confirm && !(await ask(part.confirm, names()))) return;
  await send("click", { user: me, where, action_id: part.action_id, chosen: chosen ?? null, block_id: blockId, ...(values ? { values } : {}) });
}

function names() {
  const table = {};
  for (const person of state.people) table[person.id] = person.real_name;
  for (const group of state.groups) table[group.id] = group.handle;
  for (const bot of state.bots) if (bot.user_id) table[bot.user_id] = bot.name;
  for (const channel of state.channels) if (channel.name) table[channel.id] = channel.name;
  return table;
}

function context() {
  return {
    me, names: names(), people: state.people, bots: state.bots, shortcuts: state.app.shortcuts,
    channels: state.channels.filter((channel) => !channel.is_im),
    act, openThread: (ts) => go({ thread: ts }),
    react: (ts, name, present) => send("react", { user: me, ts, name, present }),
    pin: (ts, present) => send("pin", { user: me, ts, present }),
    shortcut: (ts, callbackId) => send("shortcut", { user: me, callback_id: callbackId, ts }),
    options: (where, part, query) => optionsFor(where, part, query),
    edit: (message) => editMessage(message),
    remove: (message) => removeMessage(message),
    link: (message) => `${location.origin}/archives/${currentChannel()}/p${message.ts.replace(".", "")}${isReply(message) ? `?thread_ts=${message.thread_ts}&cid=${currentChannel()}` : ""}`,
    alerts: state.alerts, becomes: (ts, name) => send("edit_alert", { ts, name }),
  };
}

async function optionsFor(where, part, query) {
  const answer = await send("options", { user: me, where, action_id: part.action_id, query });
  const given = answer.payload ?? {};
  return [...(given.options ?? []), ...(given.option_groups ?? []).flatMap((group) => group.options)].map((option) => [option.value, option.text.text]);
}

/** A message's text as its author typed it: ids are names again. */
function asTyped(text) {
  const handles = Object.fromEntries([...state.people.map((each) => [each.id, each.name]), ...state.groups.map((each) => [each.id, each.handle]), [state.app.user_id, state.app.bot_name], ...state.channels.map((each) => [each.id, each.name])]);
  const named = text.replace(/<([@#])(\w+)(?:\|[^>]*)?>/g, (whole, sigil, id) => sigil + (handles[id] ?? id)).replace(/<!subteam\^(\w+)[^>]*>/g, (whole, id) => `@${handles[id] ?? id}`);
  return named.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function editMessage(message) {
  const dialog = by("confirm");
  const box = el("textarea", { rows: 4, "aria-label": "Message" }, asTyped(message.text));
  const save = (event) => { event.preventDefault(); dialog.close(); send("edit", { ts: message.ts, text: box.value.trim() }); };
  dialog.replaceChildren(el("form", { class: "input", onsubmit: save }, el("h2", {}, "Edit message"), box,
    el("div", { class: "buttons" }, el("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel"), el("button", { class: "button primary" }, "Save"))));
  dialog.oncancel = null;
  dialog.showModal();
}

async function removeMessage(message) {
  const words = (text) => ({ type: "plain_text", text });
  const sure = { title: words("Delete message?"), text: words("It is gone for everybody."), confirm: words("Delete"), deny: words("Cancel"), style: "danger" };
  if (await ask(sure, names())) await send("delete", { ts: message.ts });
}

function globalShortcuts() {
  const found = state.app.shortcuts.filter((each) => each.kind === "global");
  if (!found.length) return [el("span", { class: "dim small none" }, `${state.app.name} has no global shortcuts`)];
  return found.map((each) => entry(each.name, () => send("shortcut", { user: me, callback_id: each.callback_id }), { detail: state.app.name }));
}

function drawMarks(channel) {
  const bookmarks = channel ? state.bookmarks.filter((each) => each.channel === channel.id) : [];
  const pins = channel ? visible(channel.id).filter((message) => message.pinned_to) : [];
  by("marks").hidden = bookmarks.length + pins.length === 0;
  redraw("marks", [bookmarks, pins, channel?.id], () => [
    pins.length > 0 && dropdown({ label: `📌\uFE0E ${pins.length} pinned`, title: "Pinned messages", kind: "plain" }, () => pins.map((message) =>
      entry(mrkdwn(message.text || message.attachments?.[0]?.title || message.attachments?.[0]?.fallback || "(a message)", names()), () => go({ thread: isReply(message) ? message.thread_ts : "", message: message.ts })))),
    ...bookmarks.map((each) => el("a", { href: safeUrl(each.link), target: "_blank", rel: "noopener" }, each.emoji ? [textObject({ type: "plain_text", text: each.emoji }, {}), " "] : "🔗\uFE0E ", each.title)),
  ].filter(Boolean));
}

// Where we are, kept in the address: #/checkout, #/checkout/1700000000.000100, #/app/home
function go(change) {
  place = { ...place, ...change };
  const channel = state.channels.find((each) => each.id === place.channel);
  const parts = place.channel === APP_VIEW ? [APP_VIEW, place.tab] : [channel.name, place.thread];
  history.replaceState(null, "", `/#/${parts.filter(Boolean).join("/")}`);
  if (place.channel === APP_VIEW && change.tab === "home") send("open_home", { user: me });
  draw();
}

function readAddress() {
  const permalink = /^\/archives\/(\w+)\/p(\d+)(\d{6})$/.exec(location.pathname);
  if (permalink) {
    const ts = `${permalink[2]}.${permalink[3]}`;
    return { channel: permalink[1], tab: "", thread: new URLSearchParams(location.search).get("thread_ts") ?? "", message: ts };
  }
  const [first, second] = location.hash.replace(/^#\//, "").split("/");
  if (first === APP_VIEW) return { channel: APP_VIEW, tab: second ?? "home", thread: "", message: "" };
  const named = state.channels.find((channel) => channel.name === first) ?? state.channels.find((channel) => !channel.is_im);
  return { channel: named.id, tab: "", thread: second ?? "", message: "" };
}

function directChannel() {
  return state.channels.find((channel) => channel.is_im && channel.user === me)?.id ?? "";
}

function currentChannel() {
  return place.channel === APP_VIEW ? directChannel() : place.channel;
}

function visible(channel) {
  return (state.messages[channel] ?? []).filter((message) => !message.visible_to || message.visible_to === me);
}

function isReply(message) {
  return message.thread_ts && message.thread_ts !== message.ts;
}

/** Redraw one part of the page only if what it shows has changed, so that open menus and selections survive. */
function redraw(id, shown, build) {
  const key = JSON.stringify(shown);
  if (drawn[id] === key) return;
  drawn[id] = key;
  const node = by(id);
  const atEnd = node.scrollHeight - node.scrollTop - node.clientHeight < 80;
  node.replaceChildren(...build());
  if (atEnd) node.scrollTop = node.scrollHeight;
}

function drawSide() {
  const channels = state.channels.filter((channel) => !channel.is_im);
  const unread = Object.fromEntries([...channels, { id: directChannel() }].map(({ id }) => {
    const latest = visible(id);
    if (id === currentChannel() || !(id in seen)) seen[id] = latest.at(-1)?.ts ?? "0";
    return [id, latest.filter((message) => Number(message.ts) > Number(seen[id]) && message.user !== me).length];
  }));
  const badge = (id) => unread[id] > 0 && el("span", { class: "count" }, String(unread[id]));
  const entry = (id, label, change) =>
    el("li", {}, el("button", { type: "button", class: [place.channel === id && "here", unread[id] && "unread"].filter(Boolean).join(" "), onclick: () => go(change) }, label, badge(id === APP_VIEW ? directChannel() : id)));
  redraw("channels", [channels, unread, place.channel], () =>
    channels.map((channel) => entry(channel.id, `${channel.is_private ? "🔒\uFE0E" : "#"} ${channel.name}`, { channel: channel.id, thread: "", message: "" })));
  redraw("apps", [state.app, unread, place.channel], () =>
    [entry(APP_VIEW, `◆ ${state.app.name}`, { channel: APP_VIEW, tab: state.app.home_tab ? "home" : "messages", thread: "" })]);
  redraw("suggestions", state.suggestions, () => state.suggestions.map(suggestion));
  by("try").hidden = state.suggestions.length === 0;
  redraw("alert", state.alerts, () => [el("option", { value: "" }, "Choose an alert…"), ...state.alerts.map((alert) => el("option", { value: alert.name }, alert.title))]);
  redraw("me", state.people, () => state.people.map((person) => el("option", { value: person.id, selected: person.id === me }, person.real_name)));
  redraw("connection", state.connections, () =>
    [el("span", { class: state.connections ? "lamp on" : "lamp" }), state.connections ? `${state.app.name} is connected` : `${state.app.name} is not connected yet`]);
}

function suggestion({ line, why, channel }) {
  const alert = state.alerts.find((each) => line === `alert ${each.name}`);
  const label = alert ? el("b", {}, alert.title) : el("code", {}, line);
  return el("button", { type: "button", class: "suggestion", onclick: () => run(line, channel) }, label, why && el("span", {}, why));
}

async function run(line, channelName) {
  const target = state.channels.find((channel) => channel.name === channelName);
  if (target) go({ channel: target.id, thread: "", message: "" });
  const channel = place.channel === APP_VIEW ? state.channels.find((each) => !each.is_im).id : place.channel;
  if (line.startsWith("alert ")) await postAlert(line.slice("alert ".length));
  else await say(channel, line, "");
}

async function postAlert(name) {
  const posted = await send("post_alert", { name });
  if (!posted.ts) return;
  await refresh();
  const channel = Object.keys(state.messages).find((id) => state.messages[id].some((message) => message.ts === posted.ts));
  go({ channel: channel ?? place.channel, thread: "", message: "" });
}

function say(channel, text, threadTs) {
  if (text.startsWith("/") && !threadTs) return send("command", { user: me, channel, line: text });
  if (text.startsWith("/")) toast("Slash commands do not work in threads: mention the app instead.");
  else return send("say", { user: me, channel, text, thread_ts: threadTs });
  return null;
}

function welcome(channel) {
  const [command] = state.app.commands;
  return el("div", { class: "welcome" },
    el("h2", {}, `This is the very beginning of #${channel.name}`),
    el("p", { class: "dim" }, command ? ["Type ", el("code", {}, `${command.name} ${command.usage_hint}`.trim()), " below, or start with one of these:"] : "Say something below."),
    el("div", { class: "cards" }, state.suggestions.map(suggestion)));
}

function drawMain() {
  const isApp = place.channel === APP_VIEW;
  const channel = state.channels.find((each) => each.id === currentChannel());
  const isHome = isApp && place.tab === "home";
  redraw("title", [isApp, channel?.name, state.app.name], () => [isApp ? state.app.name : `${channel.is_private ? "🔒\uFE0E" : "#"} ${channel.name}`]);
  redraw("about", [isApp, channel?.num_members], () => [isApp ? "app" : `${channel.num_members} members`]);
  redraw("tabs", [isApp, place.tab, state.app.home_tab], () => (isApp ? (state.app.home_tab ? ["home", "messages"] : ["messages"]) : []).map((tab) =>
    el("button", { type: "button", class: tab === place.tab ? "tab here" : "tab", onclick: () => go({ tab }) }, tab === "home" ? "Home" : "Messages")));
  drawMarks(isApp ? null : channel);
  by("composer").hidden = isHome;
  by("composer").querySelector("textarea").placeholder = isApp ? `Message ${state.app.name}` : `Message #${channel.name}`;
  if (isHome) return drawHome();
  const shown = visible(currentChannel()).filter((message) => !isReply(message) || message.broadcast || orphan(message));
  const asked = [place.channel, place.tab, me, shown, state.people.length];
  redraw("messages", asked, () => (shown.length || isApp ? renderList(shown, context()) : [welcome(channel)]));
  if (place.message) {
    const node = document.querySelector(`[data-ts="${CSS.escape(place.message)}"]`);
    node?.scrollIntoView({ block: "center" });
    node?.classList.add("found");
    place.message = "";
  }
  return null;
}

/** An ephemeral reply whose thread has no visible start is shown in the channel. */
function orphan(message) {
  return !visible(currentChannel()).some((other) => other.ts === message.thread_ts);
}

function drawHome() {
  const view = state.homes[me];
  redraw("messages", ["home", me, view], () => {
    const own = { ...context(), act: (part, blockId, chosen) => act(view.id, part, blockId, chosen, filledIn(by("messages"))), options: (part, query) => optionsFor(view.id, part, query) };
    return [el("div", { class: "home" }, view ? renderBlocks(view.blocks, own) : el("p", { class: "dim" }, `${state.app.name} has not published a Home tab yet.`))];
  });
}

function drawThread() {
  const all = visible(currentChannel());
  const parent = all.find((message) => message.ts === place.thread);
  by("thread").hidden = !parent;
  document.body.classList.toggle("with-thread", Boolean(parent));
  if (!parent) { drawn.thread = ""; return; }
  const replies = all.filter((message) => message.thread_ts === parent.ts && isReply(message));
  by("thread-channel").textContent = by("title").textContent;
  redraw("replies", [parent, replies, me], () => [
    ...renderList([parent], context(), { inThread: true }),
    el("div", { class: "rule" }, replies.length === 1 ? "1 reply" : `${replies.length} replies`),
    ...renderList(replies, context(), { inThread: true }),
  ]);
  if (drawn.thread !== parent.ts) by("replies").querySelector(".rule").scrollIntoView({ block: "center" });
  drawn.thread = parent.ts;
}

function drawModal() {
  const dialog = by("modal");
  const view = state.modals[me];
  if (!view) { drawn.modal = ""; if (dialog.open) dialog.close(); return; }
  const key = JSON.stringify([view.id, view.hash]);
  if (drawn.modal !== key) {
    drawn.modal = key;
    const own = { ...context(), options: (part, query) => optionsFor(view.id, part, query), act: (part, blockId, chosen) => { if (part.type === "button" || view.blocks.find((block) => block.block_id === blockId)?.type !== "input") act(view.id, part, blockId, chosen, filledIn(dialog)); } };
    dialog.replaceChildren(el("form", { onsubmit: (event) => { event.preventDefault(); send("submit_view", { user: me, values: filledIn(dialog) }); } },
      el("div", { class: "bar" }, el("h2", {}, view.title.text), el("span", { class: "dim small" }, state.app.name)),
      el("div", { class: "modal-body" }, renderBlocks(view.blocks, own)),
      el("div", { class: "problem", "data-general": "" }),
      el("div", { class: "buttons" },
        el("button", { type: "button", class: "button", onclick: () => send("close_view", { user: me }) }, view.close?.text ?? "Close"),
        view.submit && el("button", { class: "button primary" }, view.submit.text))));
    dialog.oncancel = (event) => { event.preventDefault(); send("close_view", { user: me }); };
    if (!dialog.open) dialog.showModal();
  }
  for (const node of dialog.querySelectorAll("[data-block]")) {
    const line = node.querySelector(".problem");
    line.textContent = view.errors[node.dataset.block] ?? "";
    line.hidden = !line.textContent;
  }
  dialog.querySelector("[data-general]").textContent = view.errors[""] ?? "";
}

function draw() {
  drawSide();
  drawMain();
  drawThread();
  drawModal();
}

async function refresh() {
  state = await (await fetch("/control/state")).json();
  if (!state.people.some((person) => person.id === me)) me = state.people[0].id;
  if (!place.channel) {
    place = readAddress();
    if (place.channel === APP_VIEW) send("open_home", { user: me });
  }
  document.title = `Local Slack · ${state.app.name}`;
  draw();
}

function share(threadTs) {
  return (name, content, text) => send("upload", { user: me, channel: place.channel === APP_VIEW ? state.app.bot_name : place.channel, name, content_base64: content, text, thread_ts: threadTs() });
}

function wire() {
  for (const [form, threadTs] of [["composer", () => ""], ["reply", () => place.thread]]) {
    wireComposer(by(form), { getState: () => state, say: (text) => say(place.channel === APP_VIEW ? state.app.bot_name : place.channel, text, threadTs()), share: share(threadTs) });
  }
  by("shortcuts").append(dropdown({ label: "⚡", title: "Shortcuts", kind: "clip" }, () => globalShortcuts()));
  by("thread-close").addEventListener("click", () => go({ thread: "" }));
  by("me").addEventListener("change", (event) => { me = event.target.value; sessionStorage.setItem("me", me); drawn.modal = ""; go({ thread: place.thread }); });
  by("alert").addEventListener("change", async (event) => { const name = event.target.value; event.target.value = ""; if (name) await postAlert(name); });
  window.addEventListener("hashchange", () => { place = readAddress(); draw(); });
}

/** Fetch after every change the server tells of; changes that come while one fetch runs are caught by one more. */
function follow() {
  let running = false;
  let again = false;
  const update = async () => {
    if (running) { again = true; return; }
    running = true;
    do { again = false; await refresh(); } while (again);
    running = false;
  };
  new EventSource("/control/stream").onmessage = () => { update().catch(() => { running = false; }); };
}

await refresh();
wire();
follow();
