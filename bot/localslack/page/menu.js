// Menus that open below a button: one at a time, closed by a click elsewhere or by Escape.
import { el } from "./dom.js";

function closeAll() {
  for (const menu of document.querySelectorAll(".menu")) menu.hidden = true;
}

document.addEventListener("click", closeAll);
document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeAll(); });

/** A button and its menu. `content` makes the nodes of the menu each time it opens; a click on one of them closes it. */
export function dropdown({ label, title, kind = "button", grid = false }, content) {
  const menu = el("div", { class: grid ? "menu grid" : "menu", role: "menu", hidden: true });
  const open = (event) => {
    event.stopPropagation();
    const wasHidden = menu.hidden;
    closeAll();
    if (!wasHidden) return;
    menu.replaceChildren(...content());
    menu.hidden = false;
    menu.classList.toggle("up", menu.getBoundingClientRect().bottom > window.innerHeight - 8);
  };
  return el("span", { class: "overflow" },
    el("button", { type: "button", class: kind, "aria-label": title, title, "aria-haspopup": "menu", onclick: open }, label), menu);
}

export function entry(label, act, { danger = false, detail = "" } = {}) {
  return el("button", { type: "button", role: "menuitem", class: danger ? "danger-entry" : "", onclick: act }, label, detail && el("span", { class: "dim small" }, detail));
}

export function rule() {
  return el("hr");
}

/** A text field whose choices somebody else looks up: `search(text)` gives [value, label] pairs, `choose(value)` is told. */
export function combobox({ placeholder, least, initial = null }, search, choose) {
  const list = el("div", { class: "menu", role: "listbox", hidden: true });
  const input = el("input", { type: "text", role: "combobox", placeholder, autocomplete: "off", value: initial?.[1] });
  const box = el("span", { class: "overflow external", "data-value": initial?.[0] ?? "" }, input, list);
  let asked = 0;
  const look = async () => {
    if (input.value.length < least) { list.hidden = true; return; }
    const turn = (asked += 1);
    const found = await search(input.value);
    if (turn !== asked) return;
    list.replaceChildren(...(found.length ? found.map(([value, label]) => entry(label, () => {
      input.value = label;
      box.dataset.value = value;
      choose(value);
    })) : [el("span", { class: "dim small none" }, "Nothing found")]));
    list.hidden = false;
  };
  let timer = 0;
  input.addEventListener("input", () => { box.dataset.value = ""; clearTimeout(timer); timer = setTimeout(look, 150); });
  input.addEventListener("focus", () => { closeAll(); look(); });
  input.addEventListener("click", (event) => event.stopPropagation());
  return box;
}
