// Building page elements. Text only ever becomes a text node, so nothing that comes from outside can be markup.

/** An element with properties (`class`, `on*` handlers, `data-*`, attributes) and children (nodes, strings, nulls). */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Only addresses that are safe to click. */
export function safeUrl(address) {
  return /^(https?:\/\/|mailto:)/i.test(address) ? address : null;
}

export function link(address, ...children) {
  const href = safeUrl(address);
  return href ? el("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children) : el("span", {}, ...children);
}
