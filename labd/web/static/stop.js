// The software emergency stop: a button on every screen, each instrument's answer while it holds, and its release.
import { el, icon, keyed, setText, toggle } from "./dom.js";
import { clockTime, words } from "./format.js";
import { order, remember, remembered, toast } from "./orders.js";
import { chip } from "./status.js";

const HARD_WIRED = "This is software: in danger press the hard-wired emergency stop as well.";
const ANSWERS = {
  obeyed: ["obeyed", "in its safe state"], "not yet": ["owing", "no answer yet"],
  "not safe": ["error", "not safe: look at it"], offline: ["offline", "offline: look at it"],
};

/** The button, and the banner that stands on every screen while the laboratory is stopped. */
export function stopControl(button) {
  const who = el("p", {});
  const list = el("ul", { class: "answers-of-all" });
  const again = el("button", { class: "button", type: "button", onclick: () => ask() }, "Stop again");
  const release = el("button", { class: "button", type: "button", onclick: askToRelease }, "Release…");
  const node = el("section", { class: "stopped", hidden: true, "aria-label": "The laboratory is stopped" },
    el("div", { class: "grow" }, el("h2", {}, icon("stop"), el("span", {}, "Stopped")), who, list,
      el("p", { class: "small" }, "Nothing begins and every campaign is paused until a person releases it, with a reason. ", HARD_WIRED)),
    el("div", { class: "orders" }, again, release));
  const fill = keyed(list, answerRow, (each) => each.name);
  button.replaceChildren(icon("stop"), el("span", {}, "Stop"));
  button.addEventListener("click", () => ask());

  return {
    node,
    update({ stop, instruments }) {
      const holds = stop.status === "stopped";
      toggle(node, holds);
      toggle(button, !holds);
      if (!holds) return;
      const { by, reason, at } = stop.pressed;
      setText(who, `By ${by} at ${clockTime(at)}${reason ? `: ${reason}` : "."}`);
      fill(instruments.map(({ name }) => ({ name, answer: stop.answers[name] })));
    },
  };
}

function answerRow(first) {
  const status = chip("owing");
  const node = el("li", {}, el("strong", {}, words(first.name)), status.node);
  return { node, update: ({ answer }) => status.update(...ANSWERS[answer]) };
}

/** One question, whose answer is under the finger already. */
function ask() {
  const reason = el("input", { id: "stop-all-reason", maxlength: "2000", autocomplete: "off", placeholder: "may stay empty" });
  const press = el("button", { class: "button danger solid tall", type: "submit", value: "stop", autofocus: true }, icon("stop"), el("span", {}, "Stop everything"));
  const dialog = el("dialog", { class: "ask", "aria-labelledby": "stop-all-title", onclose: () => dialog.remove() },
    el("form", { method: "dialog", onsubmit: (event) => event.submitter?.value === "stop" && send(reason.value.trim()) },
      el("h2", { id: "stop-all-title" }, "Stop every instrument?"),
      el("p", {}, "What is in hand ends where it is, and each instrument makes itself safe. ", HARD_WIRED),
      press,
      el("label", { for: "stop-all-reason" }, "Reason"), reason,
      el("div", { class: "orders" }, el("button", { class: "button", type: "submit", value: "cancel" }, "Do nothing"))));
  document.body.append(dialog);
  dialog.showModal();
  press.focus();
}

async function send(reason) {
  if (!(await order("stop", { by: remembered(), reason }))) {
    toast("The stop may not have been heard.", "Press the hard-wired emergency stop, or go to the instruments.");
  }
}

function askToRelease() {
  const reason = el("textarea", { rows: "3", required: true, maxlength: "2000", id: "release-reason", placeholder: "What was found, and why it may go on" });
  const by = el("input", { required: true, maxlength: "100", id: "release-by", value: remembered(), autocomplete: "name" });
  const dialog = el("dialog", { class: "ask", "aria-labelledby": "release-title", onclose: () => dialog.remove() },
    el("form", { method: "dialog", onsubmit: (event) => {
      if (event.submitter?.value !== "release") return;
      remember(by.value.trim());
      order("release", { by: by.value.trim(), reason: reason.value.trim() });
    } },
    el("h2", { id: "release-title" }, "Release the laboratory?"),
    el("p", {}, "Look at each instrument first. Campaigns stay paused: resume each when its samples are looked at."),
    el("label", { for: "release-reason" }, "Reason"), reason,
    el("label", { for: "release-by" }, "Your name"), by,
    el("div", { class: "orders" },
      el("button", { class: "button", type: "submit", value: "cancel", formnovalidate: true }, "Keep it stopped"),
      el("button", { class: "button solid", type: "submit", value: "release" }, "Release"))));
  document.body.append(dialog);
  dialog.showModal();
  reason.focus();
}

/** Under an instrument: lock it, or give it back; and what is in hand, cancelled where that can be. */
export function instrumentOrders() {
  let instrument = null;
  const lock = el("button", { class: "button", type: "button", onclick: () => toggleLock(instrument) });
  const cancel = el("button", { class: "button danger", type: "button", onclick: () =>
    order(`commands/${encodeURIComponent(instrument.doing.command)}/cancel`, { by: remembered(), reason: "" }) }, "Cancel");
  const more = el("button", { class: "button", type: "button", onclick: () => tell(instrument, POSSIBLE[state(instrument)][0]) });
  const node = el("div", { class: "orders small" }, lock, cancel, more);
  return {
    node,
    update(next) {
      instrument = next;
      setText(lock, next.locked ? "Give back" : "Lock…");
      toggle(cancel, Boolean(next.doing?.cancellable));
      const possible = POSSIBLE[state(next)];
      toggle(more, Boolean(possible));
      if (possible) setText(more, possible[1]);
    },
  };
}

const POSSIBLE = {
  idle: ["pause", "Pause"], busy: ["pause", "Pause"], paused: ["resume", "Resume"], stopped: ["reset", "Reset"], error: ["reset", "Reset"],
};
const state = ({ status, message }) => (status === "stopped" && message.startsWith("paused") ? "paused" : status);

const tell = ({ name }, deed, reason = "") =>
  order(`instruments/${encodeURIComponent(name)}/${deed}`, { by: remembered(), reason });

function toggleLock(instrument) {
  if (instrument.locked) { tell(instrument, "unlock"); return; }
  const reason = el("input", { required: true, maxlength: "400", id: "lock-reason", autocomplete: "off" });
  const by = el("input", { required: true, maxlength: "100", id: "lock-by", value: remembered(), autocomplete: "name" });
  const dialog = el("dialog", { class: "ask", "aria-labelledby": "lock-title", onclose: () => dialog.remove() },
    el("form", { method: "dialog", onsubmit: (event) => {
      if (event.submitter?.value !== "lock") return;
      remember(by.value.trim());
      tell(instrument, "lock", reason.value.trim());
    } },
    el("h2", { id: "lock-title" }, `Keep ${words(instrument.name)} for yourself?`),
    el("p", {}, "It finishes what it has in hand and is given nothing else until you give it back."),
    el("label", { for: "lock-reason" }, "Reason"), reason,
    el("label", { for: "lock-by" }, "Your name"), by,
    el("div", { class: "orders" },
      el("button", { class: "button", type: "submit", value: "cancel", formnovalidate: true }, "Leave it"),
      el("button", { class: "button solid", type: "submit", value: "lock" }, "Lock it"))));
  document.body.append(dialog);
  dialog.showModal();
  reason.focus();
}
