// One message, and a list of them, as page elements.
// `context` adds to that of blocks.js: {me, bots, shortcuts, alerts, openThread(ts), react(ts, name, present), pin(ts, present),
// shortcut(ts, id), edit(message), remove(message), link(message), becomes(ts, alert)}.
import { el } from "./dom.js";
import { emojiNames, emojiNode, mrkdwn } from "./mrkdwn.js";
import { renderAttachment, renderBlocks } from "./blocks.js";
import { dropdown, entry, rule } from "./menu.js";

const QUICK = ["eyes", "white_check_mark", "pushpin"];
const TOGETHER_SECONDS = 300;

export function author(message, context) {
  const person = context.people.find((each) => each.id === message.user);
  const bot = context.bots.find((each) => each.id === message.bot_id);
  if (message.user === "USLACKBOT") return { name: "Slackbot", key: "slackbot", isBot: true };
  return person ? { name: person.real_name, key: person.id } : { name: message.username ?? bot?.name ?? "?", key: message.bot_id ?? "?", isBot: true };
}

function avatar(who) {
  const hue = [...who.key].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);
  const node = el("span", { class: "avatar", "aria-hidden": "true" }, who.name.slice(0, 1).toUpperCase());
  node.style.background = `hsl(${hue} 45% 42%)`;
  return node;
}

function clock(ts) {
  return new Date(Number(ts) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

function fileNode(file) {
  const address = `/control/files/${encodeURIComponent(file.id)}`;
  const about = [file.title !== file.name && file.name, `${file.size.toLocaleString()} bytes`].filter(Boolean).join(" · ");
  const head = el("a", { class: "file-name", href: address, target: "_blank", rel: "noopener" }, file.title, el("span", { class: "dim small" }, ` ${about}`));
  if (file.mimetype.startsWith("image/")) return el("div", { class: "file" }, head, el("img", { src: address, alt: file.alt_txt || file.title, loading: "lazy" }));
  const more = file.lines_more ? el("a", { class: "small", href: address, target: "_blank", rel: "noopener" }, `${file.lines_more.toLocaleString()} more lines`) : null;
  return el("div", { class: "file" }, head, file.preview && el("pre", {}, file.preview), more);
}

/** The entries of a message's menu: what its author, everybody, the app's shortcuts and the product that posted it can do. */
function moreActions(message, context) {
  const pinned = Boolean(message.pinned_to);
  const mine = message.user === context.me && !message.bot_id;
  const shortcuts = context.shortcuts.filter((each) => each.kind === "message");
  const alerts = context.alerts.filter((each) => each.bot_id === message.bot_id);
  return [
    entry(pinned ? "Unpin from channel" : "Pin to channel", () => context.pin(message.ts, !pinned)),
    entry("Copy link", () => navigator.clipboard.writeText(context.link(message))),
    mine && entry("Edit message", () => context.edit(message)),
    mine && entry("Delete message", () => context.remove(message), { danger: true }),
    shortcuts.length > 0 && rule(),
    ...shortcuts.map((each) => entry(each.name, () => context.shortcut(message.ts, each.callback_id), { detail: "shortcut" })),
    alerts.length > 0 && rule(),
    ...alerts.map((each) => entry(`Edit into: ${each.title}`, () => context.becomes(message.ts, each.name))),
  ].filter(Boolean);
}

function toolbar(message, context) {
  const react = (name) => el("button", { type: "button", title: `React with :${name}:`, onclick: () => context.react(message.ts, name, true) }, emojiNode(name));
  return el("div", { class: "toolbar" },
    QUICK.map(react),
    dropdown({ label: "☺+", title: "Add reaction", kind: "", grid: true }, () => emojiNames().map(react)),
    el("button", { type: "button", title: "Reply in thread", onclick: () => context.openThread(message.thread_ts ?? message.ts) }, "Reply"),
    dropdown({ label: "⋯", title: "More actions", kind: "" }, () => moreActions(message, context)));
}

function reactions(message, context) {
  return (message.reactions ?? []).map(({ name, users, count }) => {
    const mine = users.includes(context.me);
    const who = users.map((user) => context.names[user] ?? user).join(", ");
    return el("button", { type: "button", class: mine ? "reaction mine" : "reaction", title: who, onclick: () => context.react(message.ts, name, !mine) }, emojiNode(name), ` ${count}`);
  });
}

function repliesLink(message, context) {
  if (!message.reply_count) return null;
  const count = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
  return el("button", { type: "button", class: "replies", onclick: () => context.openThread(message.ts) },
    el("b", {}, count), el("span", { class: "dim" }, ` Last reply at ${clock(message.latest_reply)} · View thread`));
}

function body(message, context) {
  const own = { ...context, act: (part, blockId, chosen) => context.act(message.ts, part, blockId, chosen), options: (part, query) => context.options(message.ts, part, query) };
  const blocks = (message.blocks ?? []).filter((block) => block.type !== "rich_text");
  return el("div", { class: "body" },
    blocks.length ? renderBlocks(blocks, own) : message.text && mrkdwn(message.text, context.names),
    (message.attachments ?? []).map((attachment) => renderAttachment(attachment, own)),
    (message.files ?? []).map(fileNode));
}

export function renderMessage(message, context, { compact = false, inThread = false } = {}) {
  const who = author(message, context);
  if (message.subtype === "command") {
    return el("div", { class: "message typed" }, el("span", { class: "gutter" }), el("div", {}, el("code", {}, message.text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&")), el("span", { class: "dim small" }, ` ${who.name} at ${clock(message.ts)}`)));
  }
  const classes = ["message", compact && "compact", message.visible_to && "ephemeral", message.subtype === "notice" && "notice", message.pinned_to && "pinned"];
  return el("div", { class: classes.filter(Boolean).join(" "), "data-ts": message.ts },
    compact ? el("span", { class: "gutter small dim" }, clock(message.ts)) : avatar(who),
    el("div", { class: "grow" },
      message.visible_to && el("div", { class: "small dim" }, "Only visible to you"),
      message.pinned_to && el("div", { class: "small dim" }, "Pinned"),
      !compact && el("div", { class: "who" }, el("b", {}, who.name), who.isBot && el("span", { class: "badge" }, "APP"), el("span", { class: "dim small" }, clock(message.ts))),
      message.broadcast && el("div", { class: "small dim" }, "replied to a thread"),
      body(message, context),
      message.edited && !message.bot_id && el("span", { class: "dim small" }, "(edited)"),
      el("div", { class: "reactions" }, reactions(message, context)),
      !inThread && repliesLink(message, context)),
    !message.visible_to && toolbar(message, context));
}

/** A list, with messages of one author in a row drawn together. */
export function renderList(messages, context, options = {}) {
  let before = null;
  return messages.map((message) => {
    const near = before && Number(message.ts) - Number(before.ts) < TOGETHER_SECONDS;
    const same = near && before.subtype !== "command" && author(before, context).key === author(message, context).key;
    const compact = Boolean(same && !message.visible_to === !before.visible_to && !message.pinned_to && !before.reply_count);
    before = message;
    return renderMessage(message, context, { ...options, compact });
  });
}
