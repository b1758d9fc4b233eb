// What the model believes of a campaign, and how far it has been right: asked for when the panel is open.
import { chart } from "./charts.js";
import { el, setText, toggle } from "./dom.js";
import { many, measured, number, quantity, sentence, withUnits, words } from "./format.js";
import { empty } from "./parts.js";

/** Asked for again when there is a new result, and no more often than this. */
const PACE_MS = 5000;

export function modelPanel() {
  const charts = Object.fromEntries(["slices", "calibration", "leverage"].map((name) => [name, chart(name)]));
  const state = empty("Asking the model…");
  const card = el("div", { class: "stack tight" });
  const told = el("div", { class: "model-outcomes" });
  const body = el("div", { class: "model-body" }, card, told, charts.slices.node, charts.calibration.node, charts.leverage.node);
  body.hidden = true;
  const box = el("details", { ontoggle: () => ask() }, el("summary", {}, el("h2", {}, "What the model believes")), state, body);
  const node = el("section", { class: "panel model" }, box);
  let campaign = null;
  let known = "";
  let busy = false;
  let asked = 0;
  let later = null;

  /** What there is to learn from: when it changes, the model believes something else. */
  const version = (rows) => `${campaign.id} ${campaign.observed} ${campaign.failed} ${campaign.edits} ${rows}`;
  let rows = 0;

  function update(next, all) {
    campaign = next;
    rows = all.filter((row) => row.outcomes !== null).length;
    if (box.open && version(rows) !== known) later ??= setTimeout(() => { later = null; ask(); }, Math.max(0, asked + PACE_MS - Date.now()));
  }

  async function ask() {
    if (!box.open || busy || !campaign || version(rows) === known) return;
    busy = true;
    asked = Date.now();
    const wanted = version(rows);
    try {
      const answer = await fetch(`/api/v1/campaigns/${encodeURIComponent(campaign.id)}/insight`);
      const view = await answer.json();
      if (!answer.ok) throw new Error(view.message ?? answer.statusText);
      known = wanted;
      if (node.isConnected) show(view);
    } catch (error) {
      toggle(state, true);
      setText(state, `The model does not answer: ${error.message}`);
    } finally {
      busy = false;
    }
  }

  function show(view) {
    toggle(state, false);
    body.hidden = false;
    card.replaceChildren(...cardParts(view));
    told.replaceChildren(...view.outcomes.map((of) => outcomePart(campaign, of)));
    for (const [name, each] of Object.entries(charts)) {
      toggle(each.node, name in view.figures);
      if (view.figures[name]) each.draw(view.figures[name]);
    }
    const wanted = view.outcomes.find((of) => of.outcome === campaign.objective.outcome) ?? view.outcomes[0];
    if (wanted) Object.entries(tables(campaign, wanted)).forEach(([name, table]) => {
      charts[name].node.querySelector("details.data")?.remove();
      charts[name].node.append(table);
    });
  }

  function leave() {
    clearTimeout(later);
    Object.values(charts).forEach((each) => each.leave());
  }
  return { node, update, leave };
}

function cardParts({ card, best }) {
  const seen = [many(card.observations, "observation"), card.failed && `${card.failed} failed`, card.censored && `${card.censored} beyond a limit`, card.incomplete && `${card.incomplete} without every outcome`];
  const said = [
    ...card.caveats,
    ...(card.doubted.length ? [`Not believed, because all others contradict it: ${card.doubted.join(", ")}.`] : []),
    ...Object.entries(card.earlier).map(([name, weight]) => `${Math.round(weight * 100)}\u202f% of what is expected builds on the earlier campaign ${name}.`),
  ];
  return [
    el("p", {}, el("span", { class: "tag" }, card.method || card.strategy), ` ${card.about}`),
    el("p", { class: "quiet" }, `Learnt from ${seen.filter(Boolean).join(", ")}${card.device ? `, on the ${card.device.toUpperCase()}` : ""}.`),
    said.length ? el("ul", { class: "caveats" }, said.map((each) => el("li", {}, each))) : null,
    best ? el("p", {}, el("strong", {}, `Best: ${best.called}. `), best.reason) : null,
  ].filter(Boolean);
}

function outcomePart(campaign, of) {
  const main = of.members[0];
  const order = Object.entries(of.sensitivity).sort((a, b) => b[1] - a[1]);
  const at = (point) => Object.entries(point).map(([name, value]) => `${words(name)} ${quantity(value, unitOf(campaign, name))}`).join(", ");
  return el("div", { class: "stack tight" },
    el("h3", {}, sentence(words(of.outcome))),
    el("div", { class: "wide" }, grid("What moves it", ["Parameter", "Share", "One measurement tells as far as"], order.map(([name, share]) =>
      [sentence(words(name)), `${Math.round(share * 100)}\u202f%`, withUnits(main?.reach[name] ?? "", [unitOf(campaign, name)])]))),
    of.interactions.length ? el("p", {}, of.interactions.map(({ first, second, share }) => `${sentence(words(first))} and ${words(second)} do ${Math.round(share * 100)}\u202f% together.`).join(" ")) : null,
    of.optimum ? el("p", {}, `The optimum is expected at ${at(of.optimum.parameters)}: ${measured(of.optimum.expected.mean, of.optimum.expected.deviation, of.unit)}.`) : null,
    of.calibration ? el("p", {}, `${Math.round(of.calibration.covered * 100)}\u202f% of ${many(of.calibration.scores.length, "result")} lay within the 95\u202f% intervals that were told before.${surety(of.calibration)}`) : null,
    el("div", { class: "wide" }, grid("Models whose average is believed", ["Weight", "Kernel", "Noise", "Varies by"], of.members.map((each) =>
      [each.weight < 0.005 ? "< 1\u202f%" : `${Math.round(each.weight * 100)}\u202f%`, each.kernel, quantity(each.noise, of.unit, 3), quantity(each.deviation, of.unit, 3)]))));
}

function surety({ scores, spread }) {
  if (scores.length < 8) return "";
  if (spread > 1.3) return " The model is too sure of itself.";
  return spread < 0.6 ? " The model is more careful than it had to be." : "";
}

const unitOf = (campaign, name) => campaign.parameters.find((each) => each.name === name)?.unit ?? "";

/** The data behind each figure. */
function tables(campaign, of) {
  const outcome = sentence(words(of.outcome));
  const found = {
    slices: data(["Parameter", "Value", outcome, "± 2σ"], of.slices.flatMap((each) => each.values.map((value, place) =>
      [sentence(words(each.parameter)), quantity(value, unitOf(campaign, each.parameter)), quantity(each.expected[place].mean, of.unit), quantity(2 * each.expected[place].deviation, of.unit, 2)]))),
    leverage: data(["Without", "The optimum moves by (lengthscales)", `${outcome} expected there`], of.leverage.map((each) =>
      [each.called, number(each.moved, 2), quantity(each.expected, of.unit)])),
  };
  if (of.calibration) {
    found.calibration = data(["Trial", "Expected", "Measured", "z"], of.calibration.scores.map((each) =>
      [each.called, measured(each.expected.mean, each.expected.deviation, of.unit), quantity(each.measured, of.unit), number(each.z, 2)]));
  }
  return found;
}

const data = (heads, rows) => el("details", { class: "data small" }, el("summary", {}, "As a table"), el("div", { class: "wide tall", tabindex: "0", role: "region", "aria-label": "Data of the figure" }, grid("", heads, rows)));

function grid(title, heads, rows) {
  return el("table", { class: "parts" }, title ? el("caption", {}, title) : null,
    el("thead", {}, el("tr", {}, heads.map((each) => el("th", { scope: "col" }, each)))),
    el("tbody", {}, rows.map(([first, ...rest]) => el("tr", {}, el("th", { scope: "row" }, first), rest.map((each) => el("td", {}, each))))));
}
