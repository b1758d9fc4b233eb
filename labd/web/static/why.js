// Why a suggestion was made: the last one, or any that is chosen.
import { el, setText, toggle } from "./dom.js";
import { many, measured, number, quantity, sentence, withUnits, words } from "./format.js";
import { bar, empty, pairs, panel } from "./parts.js";

const METHODS = { sobol: "space-filling start (Sobol)", person: "suggested by a person" };

export function whyPanel() {
  const none = empty("No suggestion yet. The planner explains each one here.");
  const which = el("select", { "aria-label": "Which trial", onchange: () => { chosen = Number(which.value) || null; show(); } });
  const method = el("span", { class: "tag" });
  const reason = el("p", { class: "reason" });
  const expected = pairs();
  const share = bar("Exploration");
  const percent = el("span", { class: "figure" });
  const exploring = el("div", { class: "exploring" },
    el("div", { class: "spread" }, el("span", {}, "Exploration"), percent), share.node,
    el("div", { class: "spread quiet small" }, el("span", {}, "use what is known"), el("span", {}, "learn something new")));
  const drives = el("p", { class: "quiet" });
  const because = explanation();
  const shown = el("div", { class: "stack tight" }, el("div", { class: "spread" }, method, which), reason, expected.node, exploring, drives, because.node);
  const { node, heading } = panel("Why the last suggestion", none, shown);
  node.classList.add("why");
  let chosen = null; // a trial's number; null follows the last
  let campaign = null;
  let rows = [];

  function update(next, all) {
    if (campaign?.id !== next.id) chosen = null;
    campaign = next;
    rows = all;
    const numbers = rows.map((row) => row.number).sort((a, b) => b - a);
    if (which.options.length !== numbers.length + 1 || Number(which.options[1]?.value) !== numbers[0]) {
      which.replaceChildren(el("option", { value: "" }, "the last"), ...numbers.map((each) => el("option", { value: each, selected: each === chosen }, `trial ${each}`)));
    }
    show();
  }

  function show() {
    const last = rows.reduce((newest, row) => (newest === null || row.number > newest.number ? row : newest), null);
    const row = rows.find((each) => each.number === chosen) ?? last;
    toggle(none, row === null);
    toggle(shown, row !== null);
    if (!row) return;
    setText(heading, `Why trial ${row.number}`);
    setText(method, METHODS[row.method] ?? row.method);
    setText(reason, row.reason || "No reason was given.");
    expected.update(Object.entries(row.predicted).map(([name, { mean, deviation }]) =>
      [`Expected ${words(name)}`, measured(mean, deviation, campaign.outcomes[name]?.unit)]));
    toggle(exploring, row.exploration !== null);
    share.update(row.exploration ?? 0);
    setText(percent, `${Math.round((row.exploration ?? 0) * 100)}\u202f%`);
    const drivers = Object.entries(row.importance).sort((a, b) => b[1] - a[1]).slice(0, 3);
    toggle(drives, drivers.length > 0);
    setText(drives, sentence(drivers.map(([name, part]) => `${words(name)} ${Math.round(part * 100)}\u202f%`).join(", ")) + " of what drives the outcome.");
    because.ask(campaign, row);
  }
  return { node, update };
}

/** What each parameter contributes, the nearest trials, what it rests against, caveats: fetched for the trial shown. */
function explanation() {
  const body = el("tbody");
  const head = el("tr");
  const caption = el("caption");
  const table = el("table", { class: "parts" }, caption, el("thead", {}, head), body);
  const near = el("p", { class: "small quiet" });
  const said = el("ul", { class: "caveats small" });
  const node = el("div", { class: "stack tight" }, el("div", { class: "wide" }, table), near, said);
  let wanted = null;

  async function ask(campaign, row) {
    const key = `${campaign.id} ${row.number}`;
    if (key === wanted) return;
    wanted = key;
    node.hidden = true;
    if (row.exploration === null) return;
    try {
      const answer = await fetch(`/api/v1/campaigns/${encodeURIComponent(campaign.id)}/trials/${row.number}/explanation`);
      if (!answer.ok) throw new Error(answer.statusText);
      const view = await answer.json();
      if (key === wanted) show(campaign, view);
    } catch {
      if (key === wanted) wanted = null; // the connection is told above; the next change asks again
    }
  }

  function show(campaign, view) {
    const why = view.explanation;
    node.hidden = why === null;
    if (!why) return;
    const names = Object.keys(why.attributions).sort((a, b) => Math.abs(why.attributions[b]) - Math.abs(why.attributions[a]));
    const outcomes = Object.keys(why.effects);
    const largest = Math.max(...names.map((name) => Math.abs(why.attributions[name])), 1e-12);
    table.hidden = names.length === 0;
    setText(caption, "What each parameter contributes, compared with the best that is known");
    head.replaceChildren(...["Parameter", "Promise", ...outcomes.map((each) => sentence(words(each)))].map((each, place) =>
      el("th", { scope: "col", class: place ? "number" : null }, each)));
    body.replaceChildren(...names.map((name) => {
      const of = campaign.parameters.find((each) => each.name === name)?.unit;
      const change = why.compared_with[name] === view.parameters[name] ? "as there" : `${quantity(view.parameters[name], of)}, not ${quantity(why.compared_with[name], of)}`;
      return el("tr", {}, el("th", { scope: "row" }, sentence(words(name)), el("span", { class: "quiet small" }, change)),
        el("td", { class: "number" }, diverging(why.attributions[name] / largest), signed(why.attributions[name])),
        outcomes.map((each) => el("td", { class: "number" }, signed(why.effects[each][name], campaign.outcomes[each]?.unit))));
    }), el("tr", { class: "sum" }, el("th", { scope: "row" }, "Together"), el("td", { class: "number" }, signed(why.difference ?? 0)),
      outcomes.map((each) => el("td", { class: "number" }, signed(Object.values(why.effects[each]).reduce((a, b) => a + b, 0), campaign.outcomes[each]?.unit)))));
    toggle(near, why.nearest.length > 0);
    setText(near, `Nearest past trials: ${why.nearest.map(({ called, distance }) => `${called} (${many(Number(distance.toPrecision(2)), "lengthscale")} away)`).join(", ")}.`);
    said.replaceChildren(...[...why.active, ...why.caveats].map((each) => el("li", {}, withUnits(sentence(each.endsWith(".") ? each : `${each}.`), campaign.parameters.map((of) => of.unit)))));
    toggle(said, said.children.length > 0);
  }
  return { node, ask };
}

/** A bar from the middle to one side; the number beside it says the same. */
function diverging(share) {
  const mark = el("i", { class: share < 0 ? "less" : "more" });
  mark.style.width = `${Math.min(Math.abs(share), 1) * 50}%`;
  return el("span", { class: "diverging", "aria-hidden": "true" }, mark);
}

export function signed(value, of = "") {
  const rounded = Number(value.toPrecision(3));
  return (rounded > 0 ? "+" : "") + (of ? quantity(rounded, of, 3) : number(rounded, 3));
}
