// Small pieces that both screens show.
import { el, setText, svg } from "./dom.js";

/** A panel with a heading. */
export function panel(title, ...children) {
  const heading = el("h2", {}, title);
  return { node: el("section", { class: "panel" }, heading, ...children), heading };
}

/** What stands where there is nothing yet: what it means, and what to do. `code` marks a command. */
export function empty(text, code = "") {
  return el("p", { class: "empty" }, text, code ? " " : null, code ? el("code", {}, code) : null);
}

/** A bar from 0 to 1 with a second, lighter part; read out as a percentage. */
export function bar(label) {
  const done = el("i", { class: "done" });
  const open = el("i", { class: "open" });
  const node = el("div", { class: "meter", role: "progressbar", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": "100" }, done, open);
  return {
    node,
    update(share, more = 0) {
      const part = Math.min(1, Math.max(0, share));
      node.setAttribute("aria-valuenow", String(Math.round(part * 100)));
      done.style.width = `${part * 100}%`;
      open.style.width = `${Math.min(more, 1 - part) * 100}%`;
    },
    /** Fill by the clock, without being told: `elapsed` of `total` seconds have passed. */
    run(elapsed, total) {
      node.removeAttribute("aria-valuenow");
      done.getAnimations().forEach((each) => each.cancel());
      done.style.width = "";
      done.animate([{ width: "0%" }, { width: "96%" }], { duration: total * 1000, delay: -elapsed * 1000, fill: "both" });
      open.style.width = "0";
    },
    told() { done.getAnimations().forEach((each) => each.cancel()); },
  };
}

/** Names and values, kept in step with `[[name, value], ...]`. */
export function pairs() {
  const node = el("dl", { class: "pairs" });
  return {
    node,
    update(items) {
      while (node.children.length > items.length * 2) node.lastChild.remove();
      while (node.children.length < items.length * 2) node.append(el("dt"), el("dd"));
      items.forEach(([name, value], index) => {
        setText(node.children[2 * index], name);
        setText(node.children[2 * index + 1], value);
      });
    },
  };
}

/** The best so far as a small step line. */
export function sparkline() {
  const line = svg("path", { class: "line" });
  const dot = svg("path", { class: "dot" });
  const node = svg("svg", { class: "spark", viewBox: "0 0 120 36", preserveAspectRatio: "none", "aria-hidden": "true" });
  node.append(line, dot);
  return {
    node,
    update(values) {
      node.style.display = values.length > 1 ? "" : "none";
      if (values.length < 2) return;
      const low = Math.min(...values);
      const span = Math.max(...values) - low || 1;
      const x = (index) => 2 + (index / (values.length - 1)) * 112;
      const y = (value) => 32 - ((value - low) / span) * 28;
      line.setAttribute("d", values.map((value, index) => (index ? `H${x(index)}V${y(value)}` : `M${x(0)} ${y(value)}`)).join(""));
      dot.setAttribute("d", `M${x(values.length - 1)} ${y(values.at(-1))}h0`);
    },
  };
}
