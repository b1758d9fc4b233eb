// The table of trials: newest first, sorted by any column.
import { el, icon, keyed, setText, toggle } from "./dom.js";
import { trialDeed } from "./edits.js";
import { clockTime, dateTime, measured, quantity, sentence, unit, words } from "./format.js";
import { empty, panel } from "./parts.js";
import { chip } from "./status.js";

export function trialTable() {
  const none = empty("No trial yet. Each one gets its row here when it is suggested.");
  const csv = el("a", { class: "button", download: true }, icon("down"), el("span", {}, "CSV"));
  const headRow = el("tr");
  const body = el("tbody");
  const scroll = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Trials" },
    el("table", { class: "trials" }, el("thead", {}, headRow), body));
  const { node, heading } = panel("Trials", none, scroll);
  node.classList.add("table-panel");
  heading.after(csv);
  let campaign = null;
  let rows = [];
  let columns = [];
  let sort = { name: "number", down: true };
  let open = [];
  const fill = keyed(body, (row) => trialRow(() => columns, row), (row) => row.number);

  function update(next, trials) {
    const withData = trials.some((row) => row.data.length > 0);
    const changed = campaign?.id !== next.id || columns.some((column) => column.name === "data") !== withData;
    campaign = next;
    rows = trials;
    if (changed) {
      columns = columnsOf(campaign, withData);
      headRow.replaceChildren(...columns.map(headCell));
      body.replaceChildren();
      csv.href = `/api/v1/campaigns/${encodeURIComponent(campaign.id)}/trials.csv`;
    }
    show();
  }

  function headCell(column) {
    const button = el("button", { type: "button", onclick: () => {
      sort = { name: column.name, down: sort.name === column.name ? !sort.down : column.numeric };
      show();
    } }, column.title);
    return el("th", { scope: "col", class: column.numeric ? "number" : null, "data-column": column.name }, button);
  }

  function show() {
    toggle(none, rows.length === 0);
    toggle(scroll, rows.length > 0);
    setText(heading, rows.length ? `Trials · ${rows.length}` : "Trials");
    for (const cell of headRow.children) {
      const own = cell.dataset.column === sort.name;
      if (own) cell.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
    const column = columns.find((each) => each.name === sort.name);
    fill([...rows].map((row) => withSteps(row, open)).sort((a, b) => compare(column.value(a), column.value(b), sort.down) || b.number - a.number));
  }

  return { node, update, steps(next) { open = next; if (campaign) show(); } };
}

/** Before a limit that the truth lies beyond. */
const LIMIT = { below: "≤ ", above: "≥ " };

/** What is empty comes last, whichever way it is sorted. */
function compare(a, b, down) {
  if (a === null || b === null) return (a === null) - (b === null);
  const way = down ? -1 : 1;
  return way * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
}

/** A row with its steps as they stand now: what is no longer open is done. */
function withSteps(row, open) {
  if (row.status !== "pending") return row;
  const own = new Map(open.filter((step) => step.run === row.run && (step.shared || step.trial === row.number)).map((step) => [step.step, step]));
  return { ...row, steps: row.steps.map((step) => ({ ...step, ...(own.get(step.name) ?? (own.size ? { status: "done" } : {})) })) };
}

function columnsOf(campaign, withData) {
  const named = (name, of) => (unit(of) ? `${sentence(words(name))} (${unit(of)})` : sentence(words(name)));
  return [
    { name: "number", title: "Trial", numeric: true, value: (row) => row.number, text: (row) => String(row.number) },
    { name: "status", title: "Status", value: (row) => row.status },
    ...Object.entries(campaign.outcomes).map(([name, spec]) => ({
      name: `outcome ${name}`, title: named(name, spec.unit), numeric: true, strong: true,
      value: (row) => row.outcomes?.[name]?.mean ?? null,
      text: (row) => (row.outcomes?.[name] ? (LIMIT[row.outcomes[name].censored] ?? "") + measured(row.outcomes[name].mean, row.outcomes[name].standard_error) : ""),
    })),
    ...campaign.parameters.map(({ name, unit: of, kind }) => ({
      name: `parameter ${name}`, title: named(name, of), numeric: kind !== "categorical",
      value: (row) => row.parameters[name] ?? null,
      text: (row) => (row.parameters[name] === undefined ? "" : quantity(row.parameters[name])),
      about: (row) => (row.achieved[name] === undefined ? "" : `read back: ${quantity(row.achieved[name])}`),
    })),
    ...(campaign.batch ? [{ name: "well", title: "Well", value: (row) => row.wells[0] ?? null, text: (row) => row.wells.join(", "), about: (row) => (row.run ? `in ${row.run}` : "") }] : []),
    { name: "method", title: "Method", value: (row) => row.method, text: (row) => row.method },
    { name: "ended", title: "Ended", value: (row) => row.ended, text: (row) => (row.ended ? clockTime(row.ended) : ""), about: (row) => (row.ended ? dateTime(row.ended) : "") },
    ...(withData ? [{ name: "data", title: "Data", numeric: true, value: (row) => row.data.length || null, parts: (row) => row.data.map(attached) }] : []),
    { name: "note", title: "Note", value: (row) => row.note || null, text: (row) => [row.excluded ? "not learnt from" : "", row.note].filter(Boolean).join("; ") },
    { name: "deed", title: "", value: (row) => row.number, parts: (row) => [trialDeed(campaign, row)].filter(Boolean) },
  ];
}

/** What an instrument attached: a picture is shown, the rest is a link. */
function attached({ name, media_type: kind, url, step, size_bytes: size }) {
  const about = `${name || kind} of ${step}, ${quantity(size)} bytes`;
  const shown = kind.startsWith("image/") && kind !== "image/tiff" && !kind.startsWith("image/x-");
  return el("a", { class: "attached", href: url, title: about, target: "_blank", rel: "noopener", download: shown ? null : name || true },
    shown ? el("img", { src: url, alt: about, loading: "lazy" }) : name || kind);
}

function trialRow(columns, first) {
  const status = chip(first.status);
  const steps = el("span", { class: "steps" });
  const cells = new Map();
  const node = el("tr", { "data-trial": String(first.number) }, columns().map((column) => {
    const cell = el(column.name === "number" ? "th" : "td", { scope: column.name === "number" ? "row" : null, class: [column.numeric && "number", column.strong && "strong", column.name === "note" && "note-cell"].filter(Boolean).join(" ") || null });
    if (column.name === "status") cell.append(status.node, steps);
    cells.set(column.name, cell);
    return cell;
  }));
  let shown = null;

  function update(row) {
    const key = `${row.version} ${row.steps.map((step) => step.status)}`;
    if (key === shown) return;
    shown = key;
    node.dataset.status = row.status;
    status.update(row.status);
    const done = row.steps.filter((step) => step.status === "done").length;
    toggle(steps, row.steps.length > 0);
    setText(steps, row.steps.length ? `step ${Math.min(done + 1, row.steps.length)} of ${row.steps.length}` : "");
    for (const column of columns()) {
      if (column.parts) cells.get(column.name).replaceChildren(...column.parts(row));
      if (!column.text) continue;
      setText(cells.get(column.name), column.text(row));
      if (column.about) cells.get(column.name).title = column.about(row);
    }
  }
  return { node, update };
}
