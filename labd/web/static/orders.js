// What a person orders: buttons that say so until the stream confirms it, and the question before a stop.
import { el, icon, setText, toggle } from "./dom.js";
import { words } from "./format.js";

export const remembered = () => { try { return localStorage.getItem("labd.by") || "operator"; } catch { return "operator"; } };
export const remember = (by) => { try { localStorage.setItem("labd.by", by); } catch { /* asked again, then */ } };

/** A line at the foot of the page that goes away by itself. */
export function toast(text, hint = "") {
  const node = el("div", { class: "toast" }, icon("warning"), el("span", {}, el("strong", {}, text), ` ${hint}`));
  node.append(el("button", { class: "plain", type: "button", "aria-label": "Close", onclick: () => node.remove() }, icon("cross")));
  document.getElementById("toasts").append(node);
  setTimeout(() => node.remove(), 12_000);
}

/** Whether the daemon took it; if not, the page says why. */
export async function order(path, body) {
  try {
    const answer = await fetch(`/api/v1/${path}`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
    if (answer.ok) return true;
    const { error } = await answer.json();
    toast(error.message, error.hint);
  } catch {
    toast("The daemon did not answer.", "Nothing was ordered. Try again when the connection is back.");
  }
  return false;
}

const VERBS = {
  start: { word: "Start", doing: "Starting…", icon: "play" },
  pause: { word: "Pause", doing: "Pausing…", icon: "pause" },
  resume: { word: "Resume", doing: "Resuming…", icon: "play" },
  stop: { word: "End", doing: "Ending…", icon: "stop" },
};
const POSSIBLE = { draft: "start", running: "pause", paused: "resume" };

/** Start, pause or resume, and stop. What was ordered is shown as pending until the campaign's status has changed. */
export function campaignOrders() {
  let campaign = null;
  let pending = null;
  const main = el("button", { type: "button", class: "button", onclick: () => send(POSSIBLE[campaign.status], "") });
  const stop = el("button", { type: "button", class: "button danger", onclick: () => askToStop(campaign, (reason) => send("stop", reason)) });
  const node = el("div", { class: "orders" }, main, stop);

  async function send(verb, reason) {
    pending = { verb, from: campaign.status };
    show();
    if (!(await order(`campaigns/${encodeURIComponent(campaign.id)}/${verb}`, { by: remembered(), reason }))) {
      pending = null;
      show();
    }
  }

  function label(button, verb) {
    const waits = pending?.verb === verb;
    const text = waits ? VERBS[verb].doing : VERBS[verb].word;
    if (button.dataset.verb !== verb || button.textContent !== text) {
      button.dataset.verb = verb;
      button.replaceChildren(icon(VERBS[verb].icon), el("span", {}, text));
    }
    button.disabled = pending !== null;
    button.setAttribute("aria-busy", String(waits));
  }

  function show() {
    const verb = POSSIBLE[campaign.status];
    toggle(node, verb !== undefined);
    if (!verb) return;
    label(main, verb);
    label(stop, "stop");
  }

  return {
    node,
    update(next) {
      campaign = next;
      if (pending && pending.from !== next.status) pending = null;
      show();
    },
  };
}

function askToStop(campaign, then) {
  const reason = el("textarea", { rows: "3", required: true, maxlength: "2000", id: "stop-reason" });
  const by = el("input", { required: true, maxlength: "100", id: "stop-by", value: remembered(), autocomplete: "name" });
  const dialog = el("dialog", { class: "ask", "aria-labelledby": "stop-title", onclose: () => dialog.remove() },
    el("form", { method: "dialog", onsubmit: (event) => {
      if (event.submitter?.value !== "stop") return;
      remember(by.value.trim());
      then(reason.value.trim());
    } },
    el("h2", { id: "stop-title" }, `End ${campaign.name}?`),
    el("p", {}, "A campaign that was ended cannot be resumed. Open trials are abandoned; what an instrument still reports is kept. To wait instead, pause it."),
    el("label", { for: "stop-reason" }, "Reason"), reason,
    el("label", { for: "stop-by" }, "Your name"), by,
    el("div", { class: "orders" },
      el("button", { class: "button", type: "submit", value: "cancel", formnovalidate: true }, "Keep it running"),
      el("button", { class: "button danger solid", type: "submit", value: "stop" }, icon("stop"), el("span", {}, "End the campaign")))));
  document.body.append(dialog);
  dialog.showModal();
  reason.focus();
}

const ANSWERS = [
  ["done", "It was done", "It happened: the run goes on behind it."],
  ["not_done", "It was not done", "It did not happen: it may be ordered again."],
  ["discard", "Discard the sample", "The sample is given up; the trial may begin a new run."],
];

const ANSWERS_HELD = [
  ["done", "Take it", "The result is taken, as corrected here: the run goes on with it."],
  ["not_done", "Measure again", "The result counts for nothing: it may be ordered again."],
  ["discard", "Discard the sample", "The sample is given up; the trial may begin a new run."],
];

/** Fields in which the numbers of a held result can be corrected; `changed` has those that were. */
function corrections(command, held) {
  const fields = Object.entries(held ?? {}).filter(([, value]) => typeof value === "number" || value?.censored).map(([name, value]) => {
    const was = String(typeof value === "number" ? value : value.value);
    return [name, was, el("input", { id: `${name}-${command}`, type: "number", step: "any", value: was })];
  });
  const node = fields.map(([name, , input]) => el("label", { class: "correction", for: input.id }, words(name), input));
  const changed = () => Object.fromEntries(fields.filter(([, was, input]) => input.value !== was && input.value !== "").map(([name, , input]) => [name, Number(input.value)]));
  return { node, changed };
}

/** The form under a question: about a command of which nobody knows whether it happened, or about a result `held`. */
export function answers(command, held = null) {
  const name = `reason-${command}`;
  const { node: fields, changed } = corrections(command, held);
  const reason = el("input", { id: name, maxlength: "2000", placeholder: "What you saw at the instrument", autocomplete: "off" });
  const state = el("span", { class: "quiet", role: "status" });
  const buttons = (held ? ANSWERS_HELD : ANSWERS).map(([resolution, word, title]) =>
    el("button", { type: "button", class: "button", title, onclick: () => send(resolution) }, word));
  async function send(resolution) {
    buttons.forEach((button) => { button.disabled = true; });
    setText(state, "Telling the daemon…");
    const taken = await order(`commands/${encodeURIComponent(command)}/resolve`, {
      resolution, result: resolution === "done" ? changed() : {}, by: remembered(), reason: reason.value.trim(),
    });
    if (taken) return; // the stream takes the question away
    setText(state, "");
    buttons.forEach((button) => { button.disabled = false; });
  }
  return el("div", { class: "answers" }, ...fields,
    el("label", { for: name }, "Reason"), reason, el("div", { class: "orders" }, buttons), state);
}
