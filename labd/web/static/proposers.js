// Who proposes: what each has proposed, and what came of it.
import { el, toggle } from "./dom.js";
import { quantity, words } from "./format.js";
import { panel } from "./parts.js";

const COLUMNS = ["Proposer", "Share", "Suggested", "Observed", "Failed", "Best"];

export function proposersPanel() {
  const rows = el("tbody");
  const table = el("table", { class: "parts shares" },
    el("thead", {}, el("tr", {}, ...COLUMNS.map((each, at) => el("th", { scope: "col", class: at ? "number" : "" }, each)))), rows);
  const { node } = panel("Who proposes", el("div", { class: "wide" }, table));
  return {
    node,
    update(proposers, { objective }) {
      toggle(node, proposers.length > 1);
      rows.replaceChildren(...(proposers.length > 1 ? proposers : []).map((each) => row(each, objective)));
    },
  };
}

function row({ name, kind, share, suggested, observed, failed, best, said }, { unit }) {
  const who = el("td", {}, words(name), name === kind ? "" : el("span", { class: "quiet" }, ` ${kind}`));
  if (said) who.append(el("div", { class: "quiet" }, `could not propose: ${said}`));
  const value = best === null ? "–" : quantity(best, unit);
  const cells = [`${Math.round(100 * share)}\u202f%`, suggested, observed, failed, value];
  return el("tr", {}, who, ...cells.map((each) => el("td", { class: "number" }, String(each))));
}
