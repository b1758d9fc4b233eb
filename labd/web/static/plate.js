// A plate: each well with whose it is and how it is. A shape and a word say it, and the colour once more.
import { el, icon, setText, toggle } from "./dom.js";
import { quantity, sentence, words } from "./format.js";
import { panel } from "./parts.js";
import { chip, look } from "./status.js";

/** The runs of a campaign with batches; not shown where it has none. */
export function platesPanel() {
  const body = el("div", { class: "plates" });
  const { node, heading } = panel("Plate", body);
  node.hidden = true;
  return {
    node,
    update(plates) {
      toggle(node, plates.length > 0);
      setText(heading, plates.length > 1 ? `Plates · ${plates.length} open` : `Plate · ${plates[0]?.open ? "now" : "the last one"}`);
      body.replaceChildren(...plates.map(plate));
    },
  };
}

function plate({ run, wells }) {
  const counts = new Map();
  for (const { status } of wells) counts.set(status, (counts.get(status) ?? 0) + 1);
  const legend = el("p", { class: "under" }, el("span", { class: "mono quiet" }, run),
    ...[...counts].map(([status, count]) => chip(status, `${count} ${status}`).node));
  return el("figure", { class: "plate" }, el("figcaption", {}, legend),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Wells of ${run}` }, grid(wells)));
}

/** Rows and columns where the wells have them, else one cell after the other. */
function grid(wells) {
  const placed = wells.map((each) => ({ ...each, at: /^([A-Z]+)(\d+)$/.exec(each.well) }));
  if (placed.some(({ at }) => at === null)) return el("ol", { class: "crucibles" }, placed.map((each) => el("li", {}, cell(each))));
  const rows = [...new Set(placed.map(({ at }) => at[1]))].sort((a, b) => a.length - b.length || a.localeCompare(b));
  const columns = [...new Set(placed.map(({ at }) => Number(at[2])))].sort((a, b) => a - b);
  const there = new Map(placed.map((each) => [each.well, each]));
  return el("table", { class: "wells" },
    el("thead", {}, el("tr", {}, el("td"), columns.map((column) => el("th", { scope: "col" }, String(column))))),
    el("tbody", {}, rows.map((row) => el("tr", {}, el("th", { scope: "row" }, row),
      columns.map((column) => el("td", {}, there.has(`${row}${column}`) ? cell(there.get(`${row}${column}`)) : null))))));
}

function cell({ well, trial, control, replicate, status, outcome, note }) {
  const [shape, tone] = look(status);
  const whose = trial === null ? words(control) : String(trial);
  const about = [
    well, trial === null ? `control ${words(control)}` : `trial ${trial}`, replicate > 1 ? `replicate ${replicate}` : "", status,
    outcome === null ? "" : quantity(outcome), note,
  ].filter(Boolean).join(", ");
  return el("span", { class: "well", "data-status": status, "data-tone": tone, title: sentence(about), role: "img", "aria-label": about },
    icon(shape), el("span", {}, whose));
}
