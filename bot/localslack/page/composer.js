// The box one types in: hints for commands and mentions, Enter to send, a file by button, by drop or by paste.
import { el } from "./dom.js";

/** [text with the word completed, nodes that show it] for each command or name the text's last word may become. */
function hintsFor(text, state) {
  const word = text.split(/\s/)[0];
  if (text.startsWith("/")) {
    return state.app.commands.filter((command) => command.name.startsWith(word)).map((command) =>
      [command.name + " ", el("b", {}, command.name), el("span", { class: "usage" }, command.usage_hint), el("span", { class: "dim" }, command.description)]);
  }
  const at = /(?:^|\s)@([\w-]*)$/.exec(text);
  if (!at) return [];
  const handles = [[state.app.bot_name, state.app.name], ...state.people.map((person) => [person.name, person.real_name]), ...state.groups.map((group) => [group.handle, `${group.users.length} people`])];
  return handles.filter(([handle]) => handle.startsWith(at[1].toLowerCase())).map(([handle, name]) =>
    [text.slice(0, text.length - at[1].length) + handle + " ", el("b", {}, "@" + handle), el("span", { class: "dim" }, name)]);
}

async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** `getState()` is the workspace, `say(text)` sends, `share(name, contentBase64, text)` shares a file with what was typed. */
export function wireComposer(form, { getState, say, share }) {
  const input = form.querySelector("textarea");
  const hint = form.querySelector(".hint");
  const update = () => {
    const found = hintsFor(input.value, getState());
    hint.hidden = found.length === 0;
    hint.replaceChildren(...found.map(([full, ...parts]) => el("button", { type: "button", onclick: () => { input.value = full; input.focus(); update(); } }, ...parts)));
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, 200)}px`;
  };
  const taken = () => {
    const text = input.value.trim();
    input.value = "";
    update();
    return text;
  };
  const submit = (event) => {
    event.preventDefault();
    const text = taken();
    if (text) say(text);
  };
  const upload = async ([file]) => { if (file) await share(file.name, await base64(file), taken()); };
  input.addEventListener("input", update);
  input.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event); });
  input.addEventListener("paste", (event) => { if (event.clipboardData.files.length) { event.preventDefault(); upload(event.clipboardData.files); } });
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => { event.preventDefault(); upload(event.dataTransfer.files); });
  form.addEventListener("submit", submit);
  form.querySelector("[type=file]").addEventListener("change", async (event) => { await upload(event.target.files); event.target.value = ""; });
}
