// Elements out of data. Text is always a text node: nothing that arrives is ever read as HTML.

/** An element: `el("a", { class: "x", href: "/" }, "text", node, null)`; keys that begin with `on` are listeners. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** Change a text only where it differs, so that a selection and a screen reader are left in peace. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function toggle(node, shown) {
  if (node.hidden === shown) node.hidden = !shown;
}

/** Keep a container's children in step with items: a child lives as long as its key, so focus and typing survive.
    `make(item)` returns `{ node, update(item) }`. */
export function keyed(container, make, key) {
  const parts = new Map();
  return (items) => {
    const wanted = new Set(items.map(key));
    for (const [name, part] of parts) {
      if (!wanted.has(name)) { part.node.remove(); parts.delete(name); }
    }
    let place = container.firstChild;
    for (const item of items) {
      const name = key(item);
      if (!parts.has(name)) parts.set(name, make(item));
      const part = parts.get(name);
      part.update(item);
      if (part.node === place) place = place.nextSibling;
      else container.insertBefore(part.node, place);
    }
  };
}

const SHAPES = {
  play: "M5 3.2v9.6L13 8z",
  pause: "M5 3.5v9M11 3.5v9",
  stop: "M4 4h8v8H4z",
  check: "M3 8.5 6.5 12 13 4.5",
  cross: "M4 4l8 8M12 4l-8 8",
  dash: "M3.5 8h9",
  clock: "M8 2.2a5.8 5.8 0 1 0 .01 0zM8 5v3.2l2.2 1.4",
  ring: "M8 3.2a4.8 4.8 0 1 0 .01 0z",
  dots: "M3.6 8h.01M8 8h.01M12.4 8h.01",
  warning: "M8 2.4 14.2 13.4H1.8zM8 6.6v3.2M8 11.6h.01",
  question: "M5.6 5.9a2.4 2.4 0 1 1 3.6 2.1c-.8.5-1.2.9-1.2 1.8M8 12.6h.01",
  cut: "M2.5 13.5l11-11M8 2.6a5.4 5.4 0 1 0 .01 0z",
  pencil: "M3 13l.6-2.8L11 2.8 13.2 5 5.8 12.4z",
  sun: "M8 5.2a2.8 2.8 0 1 0 .01 0zM8 1v1.4M8 13.6V15M1 8h1.4M13.6 8H15M3.1 3.1l1 1M11.9 11.9l1 1M3.1 12.9l1-1M11.9 4.1l1-1",
  moon: "M13.2 9.8A5.8 5.8 0 0 1 6.2 2.8a5.8 5.8 0 1 0 7 7z",
  down: "M8 2.5v8M4.6 7.4 8 10.8l3.4-3.4M3 13.5h10",
  back: "M9.8 3.4 5.2 8l4.6 4.6",
};
const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

/** A small drawing that says the same as the word beside it. */
export function icon(name) {
  const node = svg("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" });
  node.append(svg("path", { d: SHAPES[name] }));
  return node;
}
