// Every status as a word, an icon and a colour.
import { el, icon } from "./dom.js";

const LOOKS = {
  draft: ["pencil", "quiet"], running: ["play", "busy"], paused: ["pause", "warn"],
  finished: ["check", "good"], stopped: ["stop", "quiet"],
  pending: ["dots", "busy"], observed: ["check", "good"], failed: ["cross", "bad"], abandoned: ["dash", "quiet"],
  waiting: ["clock", "quiet"], active: ["play", "busy"], done: ["check", "good"], unknown: ["question", "warn"], implausible: ["question", "warn"],
  skipped: ["dash", "quiet"], recovering: ["clock", "warn"],
  idle: ["ring", "good"], busy: ["play", "busy"], error: ["warning", "bad"], offline: ["cut", "bad"],
  silent: ["question", "bad"], obeyed: ["check", "good"], owing: ["dots", "warn"], locked: ["cut", "warn"],
  enough: ["check", "good"], low: ["warning", "warn"], empty: ["cross", "bad"],
  expected: ["clock", "quiet"], standing: ["ring", "good"], moving: ["play", "busy"], removed: ["dash", "quiet"],
  out_of_service: ["pause", "warn"], quarantined: ["warning", "bad"],
  tripped: ["warning", "bad"], unheard: ["question", "bad"], clear: ["check", "good"],
  overdue: ["clock", "warn"], live: ["check", "good"], connecting: ["dots", "quiet"], lost: ["cut", "bad"],
};

/** The shape and the tone of a status. */
export function look(status) {
  return LOOKS[status] ?? ["ring", "quiet"];
}

/** A chip that can be given another status, and another word for it. */
export function chip(status, word = status) {
  const node = el("span", { class: "chip" });
  const update = (next, said = next) => {
    if (node.dataset.status === next && node.lastChild?.textContent === said) return;
    const [shape, tone] = look(next);
    node.dataset.status = next;
    node.dataset.tone = tone;
    node.replaceChildren(icon(shape), el("span", {}, said));
  };
  update(status, word);
  return { node, update };
}
