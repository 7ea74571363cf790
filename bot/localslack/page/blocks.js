// Block Kit and legacy attachments as page elements.
// `context` is {names, people, channels, act(element, blockId, chosen), options(element, query)}: `act` tells the app what somebody
// did, `options` asks it for the choices of a menu.
import { el, link, safeUrl } from "./dom.js";
import { combobox, dropdown, entry } from "./menu.js";
import { markdown, mrkdwn, textObject } from "./mrkdwn.js";

export function renderBlocks(blocks, context) {
  return blocks.filter((block) => BLOCKS[block.type]).map((block) => BLOCKS[block.type](block, context));
}

function cellText(cell, names) {
  if (cell.type === "raw_text") return cell.text;
  return cell.elements.flatMap((part) => part.elements ?? []).map((each) => each.text ?? each.url ?? names[each.user_id] ?? (each.name ? `:${each.name}:` : ""));
}

function picture(image) {
  const file = image.slack_file;
  const source = file ? `/control/files/${encodeURIComponent(file.id ?? file.url.split("/").at(-2))}` : safeUrl(image.image_url ?? "");
  return el("img", { src: source, alt: image.alt_text, title: image.alt_text, loading: "lazy" });
}

const BLOCKS = {
  header: (block, { names }) => el("h3", { class: "header" }, textObject(block.text, names)),
  divider: () => el("hr"),
  markdown: (block) => markdown(block.text),
  section: (block, context) =>
    el("div", { class: "section" },
      el("div", { class: "grow" },
        block.text && textObject(block.text, context.names),
        block.fields && el("div", { class: "fields" }, block.fields.map((field) => el("div", {}, textObject(field, context.names))))),
      block.accessory && el("div", { class: "accessory" }, element(block.accessory, block.block_id, context))),
  context: (block, { names }) =>
    el("div", { class: "context" }, block.elements.map((part) => (part.type === "image" ? picture(part) : textObject(part, names)))),
  actions: (block, context) =>
    el("div", { class: "actions" }, block.elements.map((part) => element(part, block.block_id, context))),
  context_actions: (block, context) =>
    el("div", { class: "actions" }, block.elements.map((part) => element(part, block.block_id, context))),
  table: (block, { names }) => {
    const settings = block.column_settings ?? [];
    return el("table", { class: "table" }, block.rows.map((row, number) => el("tr", {}, row.map((cell, column) =>
      el(number ? "td" : "th", { class: `${settings[column]?.align ?? "left"} ${settings[column]?.is_wrapped ? "wrapped" : ""}` }, cellText(cell, names))))));
  },
  image: (block, { names }) =>
    el("figure", {}, block.title && el("figcaption", {}, textObject(block.title, names)), picture(block)),
  input: (block, context) =>
    el("div", { class: "input", "data-block": block.block_id },
      el("label", {}, textObject(block.label, context.names), block.optional && el("span", { class: "dim" }, " (optional)")),
      element(block.element, block.block_id, context),
      block.hint && el("div", { class: "dim small" }, textObject(block.hint, context.names)),
      el("div", { class: "problem", hidden: true })),
};

function element(part, blockId, context) {
  if (part.type === "image") return picture(part);
  const build = ELEMENTS[part.type] ?? ELEMENTS[part.type.replace(/^multi_/, "")];
  const node = build ? build(part, blockId, context) : el("span", { class: "dim" }, `[${part.type}]`);
  node.setAttribute("data-action", part.action_id ?? "");
  return node;
}

function optionsOf(part) {
  return part.options ?? (part.option_groups ?? []).flatMap((group) => group.options);
}

function select(part, blockId, context, options, initial) {
  const multiple = part.type.startsWith("multi_");
  const node = el("select", { multiple, onchange: () => context.act(part, blockId, chosenIn(node)) },
    !multiple && el("option", { value: "" }, part.placeholder?.text ?? "Choose…"),
    options.map(([value, label]) => el("option", { value, selected: initial.includes(value) }, label)));
  return node;
}

function chosenIn(node) {
  return node.multiple ? [...node.selectedOptions].map((option) => option.value) : node.value;
}

function ticks(kind) {
  return (part, blockId, context) => {
    const initial = (part.initial_options ?? [part.initial_option]).filter(Boolean).map((option) => option.value);
    const name = `${blockId}-${part.action_id}-${Math.random()}`;
    const box = el("div", { class: "ticks", onchange: () => context.act(part, blockId, valueOf(box)) },
      part.options.map((option) => el("label", {},
        el("input", { type: kind, name, value: option.value, checked: initial.includes(option.value) }), textObject(option.text, context.names))));
    return box;
  };
}

function field(type, initial) {
  return (part, blockId, context) =>
    el("input", { type, value: part[initial], placeholder: part.placeholder?.text, onchange: (event) => context.act(part, blockId, event.target.value) });
}

const ELEMENTS = {
  button: (part, blockId, context) =>
    el("button", {
      type: "button", class: `button ${part.style ?? ""}`, "aria-label": part.accessibility_label,
      onclick: () => { if (safeUrl(part.url ?? "")) window.open(part.url, "_blank", "noopener"); context.act(part, blockId, part.value); },
    }, textObject(part.text, context.names)),
  overflow: (part, blockId, context) =>
    dropdown({ label: "⋯", title: "More actions" }, () => part.options.map((option) =>
      entry(textObject(option.text, context.names), () => context.act(part, blockId, option.value), { detail: option.description?.text ?? "" }))),
  icon_button: (part, blockId, context) =>
    el("button", { type: "button", class: "button", "aria-label": part.accessibility_label, onclick: () => context.act(part, blockId, part.value) }, textObject(part.text, context.names)),
  feedback_buttons: (part, blockId, context) =>
    el("span", {}, [part.positive_button, part.negative_button].map((vote) =>
      el("button", { type: "button", class: "button", "aria-label": vote.accessibility_label, onclick: () => context.act(part, blockId, vote.value) }, textObject(vote.text, context.names)))),
  external_select: (part, blockId, context) => {
    const initial = part.initial_option ?? part.initial_options?.[0];
    return combobox({ placeholder: part.placeholder?.text ?? "Search…", least: part.min_query_length ?? 3, initial: initial && [initial.value, initial.text.text] },
      (query) => context.options(part, query), (value) => context.act(part, blockId, value));
  },
  static_select: (part, blockId, context) =>
    select(part, blockId, context, optionsOf(part).map((option) => [option.value, option.text.text]),
      (part.initial_options ?? [part.initial_option]).filter(Boolean).map((option) => option.value)),
  users_select: (part, blockId, context) =>
    select(part, blockId, context, context.people.map((person) => [person.id, person.real_name]), [part.initial_user, ...(part.initial_users ?? [])]),
  channels_select: (part, blockId, context) =>
    select(part, blockId, context, context.channels.map((channel) => [channel.id, "#" + channel.name]), [part.initial_channel]),
  conversations_select: (part, blockId, context) =>
    select(part, blockId, context, context.channels.map((channel) => [channel.id, "#" + channel.name]), [part.initial_conversation]),
  checkboxes: ticks("checkbox"),
  radio_buttons: ticks("radio"),
  datepicker: field("date", "initial_date"),
  timepicker: field("time", "initial_time"),
  number_input: field("number", "initial_value"),
  email_text_input: field("email", "initial_value"),
  url_text_input: field("url", "initial_value"),
  plain_text_input: (part) => {
    const properties = { placeholder: part.placeholder?.text, maxlength: part.max_length ?? 3000 };
    return part.multiline ? el("textarea", { ...properties, rows: 4 }, part.initial_value ?? "") : el("input", { ...properties, type: "text", value: part.initial_value });
  },
};

function valueOf(node) {
  if (node.matches(".external")) return node.dataset.value;
  if (node.matches(".ticks")) {
    const picked = [...node.querySelectorAll("input:checked")].map((input) => input.value);
    return node.querySelector("[type=radio]") ? picked[0] ?? "" : picked;
  }
  return node.matches("select") ? chosenIn(node) : node.value;
}

/** What is filled in below `root`: {action id: value}. */
export function filledIn(root) {
  const inputs = [...root.querySelectorAll("[data-action]")].filter((node) => node.matches("input, textarea, select, .ticks, .external"));
  return Object.fromEntries(inputs.map((node) => [node.dataset.action, valueOf(node)]));
}

const COLOURS = { good: "#2eb886", warning: "#daa038", danger: "#d40e0d" };

export function renderAttachment(attachment, context) {
  const { names } = context;
  const colour = COLOURS[attachment.color] ?? (/^#?[0-9a-f]{6}$/i.test(attachment.color ?? "") ? `#${attachment.color.replace("#", "")}` : "#c9ced6");
  const shown = attachment.title || attachment.text || attachment.pretext || attachment.fields || attachment.blocks;
  const box = el("div", { class: "attachment" },
    attachment.author_name && el("div", { class: "dim small" }, attachment.author_name),
    attachment.title && el("div", { class: "attachment-title" }, attachment.title_link ? link(attachment.title_link, attachment.title) : attachment.title),
    attachment.text && mrkdwn(attachment.text, names),
    attachment.fields && el("div", { class: "fields" }, attachment.fields.map((each) => el("div", {}, el("b", {}, each.title ?? ""), mrkdwn(each.value ?? "", names)))),
    attachment.blocks && renderBlocks(attachment.blocks, context),
    !shown && mrkdwn(attachment.fallback ?? "", names),
    attachment.image_url && picture({ image_url: attachment.image_url, alt_text: attachment.fallback ?? "" }),
    attachment.footer && el("div", { class: "dim small" }, attachment.footer));
  box.style.borderLeftColor = colour;
  return el("div", {}, attachment.pretext && mrkdwn(attachment.pretext, names), box);
}
