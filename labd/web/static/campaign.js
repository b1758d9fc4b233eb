// Campaign: how one optimisation goes, and why it goes there.
import { chart } from "./charts.js";
import { el, icon, setText, toggle } from "./dom.js";
import { editButton, editsPanel } from "./edits.js";
import { dateTime, many, number, quantity, sentence, words } from "./format.js";
import { countsInWords } from "./now.js";
import { modelPanel } from "./model.js";
import { campaignOrders } from "./orders.js";
import { bar, empty, pairs, panel } from "./parts.js";
import { platesPanel } from "./plate.js";
import { proposersPanel } from "./proposers.js";
import { chip } from "./status.js";
import { trialTable } from "./trials.js";
import { whyPanel } from "./why.js";

export function campaignScreen(key) {
  const trials = new Map();
  let campaign = null;
  let version = 0;
  const head = header();
  const why = whyPanel();
  const best = bestPanel();
  const table = trialTable();
  const plates = platesPanel();
  const proposers = proposersPanel();
  const edits = editsPanel();
  const model = modelPanel();
  const charts = Object.fromEntries(["trace", "parameters", "importance", "pareto"].map((name) => [name, chart(name)]));
  charts.pareto.node.hidden = true;
  const body = el("div", { class: "campaign-body" },
    charts.trace.node, why.node,
    charts.parameters.node, el("div", { class: "stack" }, best.node, charts.importance.node), charts.pareto.node, model.node, plates.node, table.node, proposers.node, edits.node);
  const missing = el("div", { class: "missing" });
  const node = el("div", { class: "campaign-screen" }, head.node, missing, body);
  body.hidden = true;

  function take(message) {
    if (campaign && campaign.id !== message.campaign.id) forget();
    campaign = message.campaign;
    for (const row of message.trials) trials.set(row.number, row);
    version = Math.max(version, campaign.version, ...message.trials.map((row) => row.version));
    missing.replaceChildren();
    body.hidden = false;
    for (const [name, figure] of Object.entries(message.figures ?? {})) {
      toggle(charts[name].node, true);
      charts[name].draw(figure);
    }
    plates.update(message.plates);
    proposers.update(message.proposers, campaign);
    show();
  }

  function show() {
    const rows = [...trials.values()];
    head.update(campaign);
    why.update(campaign, rows);
    best.update(campaign);
    table.update(campaign, rows);
    edits.update(campaign);
    model.update(campaign, rows);
  }

  function forget() {
    trials.clear();
    version = 0;
  }

  /** The summary and the open steps, which change more often than the trials. */
  function update(now) {
    const summary = now.campaigns.find((each) => each.id === key || each.name === key);
    if (!campaign || !summary || summary.id !== campaign.id) return;
    campaign = { ...campaign, ...summary };
    head.update(campaign);
    table.steps(now.steps.filter((step) => step.campaign === campaign.name));
  }

  function fail(error) {
    body.hidden = true;
    missing.replaceChildren(
      el("h1", {}, "Not here"), empty(`${error.message} ${error.hint}`), el("p", {}, el("a", { href: "/" }, "All campaigns are on the first screen.")));
  }

  const leave = () => [model, ...Object.values(charts)].forEach((each) => each.leave());
  return { node, campaign: key, update, take, forget, fail, leave, version: () => version };
}

function header() {
  const title = el("h1");
  const name = el("span", { class: "mono quiet" });
  const status = chip("draft");
  const about = el("p", { class: "quiet about" });
  const note = el("p", { class: "note" });
  const orders = campaignOrders();
  const edit = editButton();
  orders.node.prepend(edit.node);
  const value = el("span", { class: "value" });
  const label = el("span", { class: "label" });
  const where = el("span", { class: "quiet" });
  const budget = el("span", { class: "value" });
  const counts = el("span", { class: "quiet" });
  const goal = el("span", { class: "value small" });
  const aim = el("span", { class: "quiet" });
  const effort = el("div", { class: "quiet" });
  const done = bar("Trials done");
  const node = el("header", { class: "campaign-head" },
    el("a", { href: "/", class: "back" }, icon("back"), "Now"),
    el("div", { class: "title-row" }, el("div", {}, title, el("div", { class: "under" }, status.node, name)), orders.node),
    about, note,
    el("div", { class: "tiles" },
      el("div", { class: "tile" }, label, value, where),
      el("div", { class: "tile" }, el("span", { class: "label" }, "Trials"), budget, done.node, counts),
      el("div", { class: "tile" }, el("span", { class: "label" }, "Objective"), goal, aim, effort)));
  node.hidden = true;

  function update(campaign) {
    node.hidden = false;
    setText(title, campaign.title);
    setText(name, campaign.name);
    status.update(campaign.status);
    setText(about, campaign.description);
    toggle(about, campaign.description !== "");
    setText(note, campaign.note);
    toggle(note, campaign.note !== "");
    orders.update(campaign);
    edit.update(campaign);
    const { objective } = campaign;
    setText(label, `Best ${words(objective.outcome)}`);
    setText(value, campaign.best ? quantity(campaign.best.value, objective.unit) : "–");
    setText(where, !campaign.best ? (campaign.observed ? "none is better than another" : "nothing measured yet") : campaign.best.trial === null ? "told by hand" : `in trial ${campaign.best.trial}`);
    const closed = campaign.trials - campaign.open;
    const whole = campaign.budget ?? Math.max(campaign.trials, 1);
    setText(budget, campaign.budget ? `${closed} / ${campaign.budget}` : String(closed));
    setText(counts, countsInWords(campaign) || (campaign.ended ? `ended ${dateTime(campaign.ended)}` : "none open"));
    done.update(closed / whole, campaign.open / whole);
    setText(goal, sentence(`${objective.goal} ${words(objective.outcome)}`));
    setText(aim, objective.target === null ? `${many(campaign.parameters.length, "parameter")}, ${campaign.parallel} at a time` : `target ${quantity(objective.target, objective.unit)}`);
    setText(effort, effortInWords(campaign.effort));
    document.title = `${campaign.best ? `${quantity(campaign.best.value, objective.unit)} · ` : ""}${campaign.name} – labd`;
  }
  return { node, update };
}

function effortInWords({ cpu_s, gpu_s, energy_j }) {
  if (!cpu_s) return "";
  const parts = [`${number(cpu_s, 3)}\u202fs of a processor`];
  if (gpu_s) parts.push(`${number(gpu_s, 3)}\u202fs of the GPU`);
  if (energy_j !== null) parts.push(`${number(energy_j, 3)}\u202fJ on it`);
  return `Planning took ${parts.join(", ")}`;
}

function bestPanel() {
  const none = empty("The parameters of the best trial stand here after the first result.");
  const list = pairs();
  const { node, heading } = panel("Best so far", none, list.node);
  return {
    node,
    update(campaign) {
      toggle(none, campaign.best === null);
      setText(heading, campaign.best?.trial ? `Best so far · trial ${campaign.best.trial}` : "Best so far");
      const units = Object.fromEntries(campaign.parameters.map((each) => [each.name, each.unit]));
      const values = Object.entries(campaign.best?.parameters ?? {});
      list.update(values.map(([name, value]) => [sentence(words(name)), quantity(value, units[name] ?? "")]));
    },
  };
}
