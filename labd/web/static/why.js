// Why the last suggestion was made.
import { el, setText, toggle } from "./dom.js";
import { measured, sentence, words } from "./format.js";
import { bar, empty, pairs, panel } from "./parts.js";

const METHODS = { sobol: "space-filling start (Sobol)", person: "suggested by a person" };

export function whyPanel() {
  const none = empty("No suggestion yet. The planner explains each one here.");
  const method = el("span", { class: "tag" });
  const reason = el("p", { class: "reason" });
  const expected = pairs();
  const share = bar("Exploration");
  const percent = el("span", { class: "figure" });
  const exploring = el("div", { class: "exploring" },
    el("div", { class: "spread" }, el("span", {}, "Exploration"), percent), share.node,
    el("div", { class: "spread quiet small" }, el("span", {}, "use what is known"), el("span", {}, "learn something new")));
  const drives = el("p", { class: "quiet" });
  const shown = el("div", { class: "stack tight" }, el("div", {}, method), reason, expected.node, exploring, drives);
  const { node, heading } = panel("Why the last suggestion", none, shown);
  node.classList.add("why");

  function update(campaign, rows) {
    const last = rows.reduce((newest, row) => (newest === null || row.number > newest.number ? row : newest), null);
    toggle(none, last === null);
    toggle(shown, last !== null);
    if (!last) return;
    setText(heading, `Why trial ${last.number}`);
    setText(method, METHODS[last.method] ?? last.method);
    setText(reason, last.reason || "No reason was given.");
    expected.update(Object.entries(last.predicted).map(([name, { mean, deviation }]) =>
      [`Expected ${words(name)}`, measured(mean, deviation, campaign.outcomes[name]?.unit)]));
    toggle(exploring, last.exploration !== null);
    share.update(last.exploration ?? 0);
    setText(percent, `${Math.round((last.exploration ?? 0) * 100)}\u202f%`);
    const drivers = Object.entries(last.importance).sort((a, b) => b[1] - a[1]).slice(0, 3);
    toggle(drives, drivers.length > 0);
    setText(drives, sentence(drivers.map(([name, part]) => `${words(name)} ${Math.round(part * 100)}\u202f%`).join(", ")) + " of what drives the outcome.");
  }
  return { node, update };
}
