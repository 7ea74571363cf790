// Slack's own text format, and the standard Markdown of `markdown` blocks, as page elements.
import { el, link } from "./dom.js";

const emoji = await (await fetch("/page/emoji.json")).json();
// Drawn instead of typed, so that a status looks the same where no emoji font is installed.
const SHAPE = /^(?:large_)?(red|orange|yellow|green|blue|white|black)_(circle|square)$/;

function unescape(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

export function emojiNode(name) {
  const shape = SHAPE.exec(name);
  if (shape) return el("span", { class: `shape ${shape[1]} ${shape[2]}`, role: "img", "aria-label": `:${name}:`, title: `:${name}:` });
  return emoji[name] ? el("span", { class: "emoji", title: `:${name}:` }, emoji[name]) : document.createTextNode(`:${name}:`);
}

export function emojiNames() {
  return Object.keys(emoji);
}

/** `<!date^1700000000^{date_short} {time}|fallback>` in the reader's zone. */
function dateNode(target, label) {
  const [, seconds, format] = target.split("^");
  const when = new Date(Number(seconds) * 1000);
  if (Number.isNaN(when.getTime()) || !format) return label ?? target;
  const day = (style) => when.toLocaleDateString([], style);
  const isToday = when.toDateString() === new Date().toDateString();
  const short = day({ month: "short", day: "numeric" });
  const tokens = {
    date_num: when.toISOString().slice(0, 10), date: day({ dateStyle: "long" }), date_long: day({ dateStyle: "full" }), date_short: short,
    date_pretty: isToday ? "today" : day({ dateStyle: "long" }), date_long_pretty: isToday ? "today" : day({ dateStyle: "full" }),
    date_short_pretty: isToday ? "today" : short,
    time: when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }), time_secs: when.toLocaleTimeString(),
    ago: `${Math.max(0, Math.round((Date.now() - when) / 60000))} minutes ago`,
  };
  return el("time", { title: when.toISOString() }, format.replace(/\{(\w+)\}/g, (whole, token) => tokens[token] ?? whole));
}

function angle(inside, names) {
  const [target, label] = inside.split(/\|(.*)/s);
  if (target.startsWith("@") || target.startsWith("#")) {
    const name = label || names[target.slice(1)] || target.slice(1);
    return el("span", { class: "mention" }, target[0] + name);
  }
  if (target.startsWith("!date^")) return dateNode(target, label && unescape(label));
  if (target.startsWith("!subteam^")) return el("span", { class: "mention" }, label || "@" + (names[target.slice("!subteam^".length)] ?? target));
  if (target.startsWith("!")) return el("span", { class: "mention loud" }, "@" + (label || target.slice(1).split("^")[0]));
  return link(unescape(target), unescape(label || target));
}

const INLINE = /`([^`\n]+)`|<([^<>\n]+)>|:([a-z0-9_+-]+):|(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?!\w)|(?<!\w)_(\S(?:[^_\n]*\S)?)_(?!\w)|(?<!\w)~(\S(?:[^~\n]*\S)?)~(?!\w)/g;

function inline(text, names) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(INLINE)) {
    nodes.push(unescape(text.slice(end, found.index)));
    const [whole, code, inAngles, emojiName, bold, italic, struck] = found;
    if (code !== undefined) nodes.push(el("code", {}, unescape(code)));
    else if (inAngles !== undefined) nodes.push(angle(inAngles, names));
    else if (emojiName !== undefined) nodes.push(emojiNode(emojiName));
    else if (bold !== undefined) nodes.push(el("b", {}, ...inline(bold, names)));
    else if (italic !== undefined) nodes.push(el("i", {}, ...inline(italic, names)));
    else nodes.push(el("s", {}, ...inline(struck, names)));
    end = found.index + whole.length;
  }
  return [...nodes, unescape(text.slice(end))];
}

/** Slack's mrkdwn: fences, quotes, lines, and the inline marks. */
export function mrkdwn(text, names) {
  const nodes = [];
  text.split("```").forEach((part, number) => {
    if (number % 2) nodes.push(el("pre", {}, unescape(part.replace(/^\n|\n$/g, ""))));
    else nodes.push(...lines(number ? part.replace(/^\n/, "") : part, names));
  });
  return el("div", { class: "text" }, ...nodes);
}

function lines(text, names) {
  const nodes = [];
  for (const [number, line] of text.split("\n").entries()) {
    const quoted = /^(?:&gt;|>) ?(.*)/.exec(line);
    if (quoted) {
      const last = nodes.at(-1);
      const quote = last?.tagName === "BLOCKQUOTE" ? last : el("blockquote");
      if (quote !== last) nodes.push(quote);
      quote.append(el("div", {}, ...inline(quoted[1], names)));
    } else {
      if (number && nodes.at(-1)?.tagName !== "BLOCKQUOTE") nodes.push(el("br"));
      nodes.push(...inline(line, names));
    }
  }
  return nodes;
}

/** A text object: plain text with emoji, or mrkdwn. */
export function textObject(object, names) {
  if (object.type === "mrkdwn") return mrkdwn(object.text, names);
  const parts = object.text.split(/:([a-z0-9_+-]+):/);
  return el("span", {}, ...parts.map((part, number) => (number % 2 ? emojiNode(part) : part)));
}

const MARK = /`([^`]+)`|\*\*(.+?)\*\*|\*(\S[^*]*)\*|_(\S[^_]*)_|~~(.+?)~~|\[([^\]]+)\]\(([^)\s]+)\)|:([a-z0-9_+-]+):/g;

function marks(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(MARK)) {
    nodes.push(text.slice(end, found.index));
    const [whole, code, bold, italic, italic2, struck, label, address, name] = found;
    if (code !== undefined) nodes.push(el("code", {}, code));
    else if (bold !== undefined) nodes.push(el("b", {}, ...marks(bold)));
    else if (italic ?? italic2) nodes.push(el("i", {}, ...marks(italic ?? italic2)));
    else if (struck !== undefined) nodes.push(el("s", {}, ...marks(struck)));
    else if (label !== undefined) nodes.push(link(address, label));
    else nodes.push(emojiNode(name));
    end = found.index + whole.length;
  }
  return [...nodes, text.slice(end)];
}

/** Standard Markdown as far as messages use it: headings, lists, quotes, fences, rules, tables and inline marks. */
export function markdown(text) {
  const root = el("div", { class: "text markdown" });
  const rows = text.split("\n");
  let list = null;
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at];
    const heading = /^(#{1,6})\s+(.*)/.exec(row);
    const item = /^\s*([-*]|\d+[.)])\s+(.*)/.exec(row);
    if (!item) list = null;
    if (row.startsWith("```")) {
      const stop = rows.findIndex((other, number) => number > at && other.startsWith("```"));
      const last = stop < 0 ? rows.length : stop;
      root.append(el("pre", {}, rows.slice(at + 1, last).join("\n")));
      at = last;
    } else if (heading) root.append(el("h" + Math.min(6, heading[1].length + 2), {}, ...marks(heading[2])));
    else if (item) {
      if (!list) root.append((list = el(/\d/.test(item[1]) ? "ol" : "ul")));
      list.append(el("li", {}, ...marks(item[2])));
    } else if (/^\s*\|.*\|\s*$/.test(row)) {
      const table = el("table");
      for (; at < rows.length && /^\s*\|.*\|\s*$/.test(rows[at]); at += 1) {
        const cells = rows[at].trim().slice(1, -1).split("|").map((cell) => cell.trim());
        if (!cells.every((cell) => /^:?-+:?$/.test(cell))) table.append(el("tr", {}, ...cells.map((cell) => el("td", {}, ...marks(cell)))));
      }
      at -= 1;
      root.append(table);
    } else if (/^(---+|\*\*\*+)\s*$/.test(row)) root.append(el("hr"));
    else if (row.startsWith(">")) root.append(el("blockquote", {}, ...marks(row.replace(/^>\s?/, ""))));
    else if (row.trim()) root.append(el("p", {}, ...marks(row)));
  }
  return root;
}
