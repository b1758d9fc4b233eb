// A person's hand in a running campaign: its bounds and budget, trials that wait, what is learnt from.
import { ask } from "./asking.js";
import { el, icon, setText, toggle } from "./dom.js";
import { dateTime, number, sentence, words } from "./format.js";
import { order } from "./orders.js";
import { panel } from "./parts.js";

const at = (campaign, ...rest) => ["campaigns", campaign.id, ...rest].map(encodeURIComponent).join("/");

/** What of a campaign can be edited here, by path: the rest is for `labd edit`. */
function entries(campaign) {
  const bounds = campaign.parameters.flatMap(({ name, kind, low, high, unit }) => (["continuous", "integer"].includes(kind)
    ? [["low", "from", low], ["high", "to", high]].map(([key, word, value]) => ({ path: `parameters.${name}.${key}`, label: `${sentence(words(name))} ${word}`, value, unit }))
    : []));
  const targets = campaign.objectives.map(({ outcome, target }) => ({ path: `objectives.${outcome}.target`, label: `Target of ${words(outcome)}`, value: target, unit: campaign.outcomes[outcome].unit }));
  return [...bounds, ...targets,
    { path: "stopping.trials", label: "Trials in all", value: campaign.stopping.trials, whole: true },
    { path: "planner.parallel", label: "Trials at a time", value: campaign.parallel, whole: true },
    { path: "priority", label: "Priority", value: campaign.priority, whole: true }];
}

/** The button that opens the form of a campaign's entries. */
export function editButton() {
  let campaign = null;
  const node = el("button", { type: "button", class: "button", "data-verb": "edit", onclick: open }, icon("pencil"), el("span", {}, "Edit"));

  function open() {
    const inputs = entries(campaign).map(({ path, label, value, unit, whole }) => ({
      path, was: value === null ? "" : String(value), label: unit ? `${label} (${unit})` : label,
      input: el("input", { type: "number", step: whole ? "1" : "any", id: path, value: value === null ? "" : String(value) }),
    }));
    ask({
      title: `Edit ${campaign.name}`, word: "Edit the campaign",
      text: "It holds from now on. What has begun goes on; what waits outside of the new bounds is rejected.",
      fields: el("div", { class: "fields" }, inputs.map(({ label, input }) => el("label", { for: input.id }, label, input))),
      send: (who) => {
        const changed = inputs.filter(({ was, input }) => input.value !== was && input.value !== "");
        return order(at(campaign, "edits"), { ...who, changes: Object.fromEntries(changed.map(({ path, input }) => [path, Number(input.value)])) });
      },
    });
  }
  return { node, update(next) { campaign = next; toggle(node, ["running", "paused", "draft"].includes(next.status)); } };
}

/** What was changed, by whom and why; the last edit can be taken back. */
export function editsPanel() {
  const list = el("ul", { class: "rows edits" });
  const undo = el("button", { type: "button", class: "button", onclick: () => ask({
    title: "Take the last edit back?", text: "What was done meanwhile stays done.", word: "Take it back", fields: null, send: (who) => order(at(campaign, "undo"), who),
  }) }, icon("back"), el("span", {}, "Take the last one back"));
  const { node, heading } = panel("Changes", list, undo);
  let campaign = null;
  let shown = 0;

  async function show() {
    const answer = await fetch(`/api/v1/${at(campaign, "edits")}`).catch(() => null);
    if (!answer?.ok) return;
    const edits = await answer.json();
    list.replaceChildren(...edits.toReversed().map(row));
    setText(heading, `Changes · ${edits.length}`);
    toggle(undo, edits.some((each) => !each.undone && each.reverts === null));
  }
  return { node, update(next) {
    campaign = next;
    toggle(node, next.edits > 0);
    if (next.edits === shown) return;
    shown = next.edits;
    show();
  } };
}

const said = (value) => (value === null ? "none" : typeof value === "number" ? number(value) : JSON.stringify(value));

function row(edit) {
  const what = edit.changes.map(({ path, from, to }) => `${path.replaceAll("_", " ")}: ${said(from)} → ${said(to)}`).join(", ");
  return el("li", {}, el("span", { class: "grow" },
    el("span", {}, what, edit.undone ? el("span", { class: "tag" }, "taken back") : null),
    el("span", { class: "quiet" }, `${edit.by}${edit.reason ? `: ${edit.reason}` : ""}`)),
  el("time", { class: "figure quiet", datetime: edit.at }, dateTime(edit.at)));
}

/** What may be done with a trial: reject it before it begins, and afterwards say whether it is learnt from. */
export function trialDeed(campaign, trial) {
  const deed = trial.status === "pending" && !trial.begun
    ? ["Reject", `Reject trial ${trial.number}?`, "It is not tried, uses up no budget, and is not proposed again.", ["trials", String(trial.number), "reject"]]
    : trial.excluded
      ? ["Include", `Learn from trial ${trial.number} again?`, "", ["observations", String(trial.number), "include"]]
      : ["observed", "failed"].includes(trial.status)
        ? ["Exclude", `Learn no longer from trial ${trial.number}?`, "Its outcomes stay where they are.", ["observations", String(trial.number), "exclude"]]
        : null;
  if (!deed) return null;
  const [word, title, text, path] = deed;
  return el("button", { type: "button", class: "plain deed", onclick: () => ask({ title, text, word, fields: null, send: (who) => order(at(campaign, ...path), who) }) }, word);
}
