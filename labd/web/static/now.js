// Now: what the laboratory does at this moment.
import { elapsed_s, showElapsed } from "./clock.js";
import { el, icon, keyed, setText, toggle } from "./dom.js";
import { clockTime, duration, many, measured, number, quantity, sentence, words } from "./format.js";
import { answers, campaignOrders } from "./orders.js";
import { bar, empty, pairs, panel, sparkline } from "./parts.js";
import { promptCard } from "./prompts.js";
import { approvalCard, interlockRow } from "./safety.js";
import { serviceButton } from "./service.js";
import { chip } from "./status.js";
import { needCard } from "./stock.js";
import { instrumentOrders } from "./stop.js";

const ENDED = new Set(["finished", "stopped"]);

export function nowScreen() {
  const questions = el("div", { class: "questions" });
  const needs = el("div", { class: "questions" });
  const approvals = el("div", { class: "questions" });
  const interlocks = el("ul", { class: "rows" });
  const campaigns = el("div", { class: "cards wide" });
  const instruments = el("div", { class: "cards" });
  const steps = el("ul", { class: "rows" });
  const quarantine = el("ul", { class: "rows" });
  const none = {
    campaigns: empty("No campaign is loaded.", "labd load protocol.yaml --start"),
    instruments: empty("No instrument is known. Start a driver, or name one in the workcell:", "labd driver run"),
    steps: empty("No step is open. Steps appear here when a campaign runs."),
    quarantine: empty("Nothing was refused. A message that cannot be taken is kept here with its reason."),
  };
  const open = panel("Steps", none.steps, steps);
  const guards = panel("Interlocks", interlocks);
  const refused = panel("Quarantine", none.quarantine, quarantine);
  const node = el("div", {}, el("h1", { class: "unseen" }, "Now"), questions, approvals, needs, el("div", { class: "now" },
    el("section", { class: "now-campaigns" }, el("h2", {}, "Campaigns"), none.campaigns, campaigns),
    el("section", { class: "now-instruments" }, el("h2", {}, "Instruments"), none.instruments, instruments),
    el("div", { class: "now-aside" }, guards.node, open.node, refused.node)));
  const fill = {
    needs: keyed(needs, needCard, ({ need }) => `${need.kind} ${need.about}`),
    questions: keyed(questions, (each) => (each.status === "asked" ? promptCard : questionCard)(each), (each) => `${each.command} ${each.status}`),
    approvals: keyed(approvals, approvalCard, (each) => each.id),
    interlocks: keyed(interlocks, interlockRow, (each) => each.name),
    campaigns: keyed(campaigns, campaignCard, (each) => each.id),
    instruments: keyed(instruments, instrumentCard, (each) => each.name),
    steps: keyed(steps, stepRow, (each) => `${each.run}.${each.step}`),
    quarantine: keyed(quarantine, quarantineRow, (each) => `${each.at} ${each.topic}`),
  };

  function update(now) {
    fill.questions(now.questions);
    fill.needs(now.needs.map((need) => ({ need, now })));
    fill.approvals(now.approvals);
    fill.interlocks(now.interlocks);
    toggle(guards.node, now.interlocks.length > 0);
    fill.campaigns([...now.campaigns].sort(byInterest));
    fill.instruments(now.instruments);
    fill.steps([...now.steps].sort((a, b) => ORDER[a.status] - ORDER[b.status]));
    fill.quarantine(now.quarantine);
    for (const [name, text] of Object.entries(none)) toggle(text, now[name].length === 0);
    setText(open.heading, now.steps.length ? `Steps · ${now.steps.length} open` : "Steps");
    setText(refused.heading, `Quarantine · ${now.laboratory.quarantined}`);
    refused.heading.title = `${many(now.laboratory.repeats, "report")} came again and were ignored`;
    document.title = now.laboratory.title ? `${now.laboratory.title} – labd` : "labd";
  }

  return { node, campaign: null, update };
}

const ORDER = { unknown: 0, implausible: 0, active: 1, recovering: 2, waiting: 3 };

/** Those that go on first, the newest of them on top. */
function byInterest(a, b) {
  return ENDED.has(a.status) - ENDED.has(b.status) || b.created.localeCompare(a.created);
}

function campaignCard(first) {
  const status = chip(first.status);
  const value = el("span", { class: "value" });
  const best = el("span", { class: "quiet" });
  const counts = el("span", { class: "quiet" });
  const budget = el("span", { class: "figure" });
  const note = el("p", { class: "note" });
  const done = bar("Trials done");
  const line = sparkline();
  const orders = campaignOrders();
  const history = bestHistory(first);
  const card = el("article", { class: "card campaign" },
    el("header", {},
      el("div", {},
        el("h3", {}, el("a", { href: `/campaigns/${encodeURIComponent(first.name)}`, class: "cover" }, first.title)),
        el("span", { class: "mono quiet" }, first.name)),
      status.node),
    el("div", { class: "headline" },
      el("div", {}, el("span", { class: "label" }, `Best ${words(first.objective.outcome)}`), value, best), line.node),
    el("div", { class: "progress" }, el("div", { class: "spread" }, budget, counts), done.node),
    note, orders.node);

  function update(campaign) {
    status.update(campaign.status);
    setText(value, campaign.best ? quantity(campaign.best.value, campaign.objective.unit) : "–");
    setText(best, bestInWords(campaign));
    const closed = campaign.trials - campaign.open;
    setText(budget, campaign.budget ? `${closed} of ${many(campaign.budget, "trial")}` : many(closed, "trial"));
    setText(counts, countsInWords(campaign));
    const whole = campaign.budget ?? Math.max(campaign.trials, 1);
    done.update(closed / whole, campaign.open / whole);
    setText(note, campaign.note);
    toggle(note, campaign.note !== "");
    orders.update(campaign);
    history(campaign, (values) => line.update(values));
  }
  return { node: card, update };
}

function bestInWords({ best, objective, observed }) {
  if (!best) return `${observed ? `${observed} measured` : "nothing measured yet"} – ${objective.goal}`;
  const where = best.trial === null ? "told by hand" : `trial ${best.trial}`;
  return objective.target === null ? where : `${where}, target ${quantity(objective.target, objective.unit)}`;
}

export function countsInWords(campaign) {
  const parts = [];
  if (campaign.failed) parts.push(`${campaign.failed} failed`);
  if (campaign.open) parts.push(`${campaign.open} open`);
  if (campaign.planning) parts.push("planning the next");
  return parts.join(" · ");
}

/** The best after each trial: what went before is asked for once, the rest comes with the stream. */
function bestHistory(first) {
  const values = [];
  let seen = first.observed;
  let asked = false;
  return (campaign, show) => {
    if (!asked) {
      asked = true;
      fetch(`/api/v1/campaigns/${encodeURIComponent(campaign.id)}`)
        .then((answer) => (answer.ok ? answer.json() : null))
        .then((view) => {
          if (!view) return;
          values.splice(0, values.length, ...bestAfterEach(view));
          seen = view.campaign.observed;
          show(values);
        })
        .catch(() => {}); // an ornament: without it the card is complete
    }
    if (campaign.best && campaign.observed > seen) values.push(campaign.best.value);
    seen = campaign.observed;
    show(values);
  };
}

function bestAfterEach(view) {
  const { outcome, goal, target } = view.campaign.objective;
  const nearer = (a, b) => (Math.abs(a - target) <= Math.abs(b - target) ? a : b);
  const better = { maximise: Math.max, minimise: Math.min, match: nearer }[goal];
  if (!better) return []; // where an outcome is only to be known, none is better than another
  let best = null;
  return view.trials
    .filter((trial) => trial.outcomes?.[outcome])
    .sort((a, b) => a.number - b.number)
    .map((trial) => (best = best === null ? trial.outcomes[outcome].mean : better(best, trial.outcomes[outcome].mean)));
}

function instrumentCard(first) {
  const status = chip(first.status);
  const make = el("p", { class: "quiet make" });
  const what = el("span", { class: "what" });
  const details = el("span", { class: "quiet clamp" });
  const whose = el("a", { class: "quiet" });
  const time = el("span", { class: "figure quiet" });
  const done = bar("Progress");
  const said = el("p", { class: "note" });
  const orders = instrumentOrders();
  const service = serviceButton();
  orders.node.append(service.node);
  const doing = el("div", { class: "doing" },
    el("div", { class: "spread" }, what, time), done.node, whose, details);
  const rest = el("p", { class: "quiet rest" });
  const card = el("article", { class: "card instrument" },
    el("header", {}, el("div", {}, el("h3", {}, words(first.name))), status.node), make, doing, rest, said, orders.node);
  let runs = "";

  function update(instrument) {
    const serves = instrument.service === "in_service";
    status.update(serves ? instrument.status : instrument.service, words(serves ? instrument.status : instrument.service));
    card.dataset.status = instrument.status;
    setText(make, [instrument.make, instrument.model].filter(Boolean).join(" ") || instrument.roles.map(words).join(", "));
    const kept = instrument.kept ? `Locked by ${instrument.kept}` : "";
    const withdrawn = serves ? "" : `${sentence(words(instrument.service))}: ${instrument.withdrawn}`;
    setText(said, [withdrawn, kept, instrument.message, instrument.clock?.warning].filter(Boolean).join(". "));
    toggle(said, said.textContent !== "");
    make.title = pulse(instrument);
    orders.update(instrument);
    service.update(instrument);
    toggle(doing, instrument.doing !== null);
    toggle(rest, instrument.doing === null);
    setText(rest, restInWords(instrument));
    if (instrument.doing) show(instrument.doing);
    else delete time.dataset.since;
  }

  function show(order) {
    setText(what, sentence(words(order.capability)));
    setText(whose, `trial ${order.trial} of ${order.campaign}`);
    whose.setAttribute("href", `/campaigns/${encodeURIComponent(order.campaign)}`);
    const values = Object.entries(order.arguments).map(([name, value]) => `${words(name)} ${number(value)}`);
    setText(details, order.note || values.join(", "));
    if (order.progress !== null) {
      delete time.dataset.since;
      done.told();
      done.update(order.progress);
      setText(time, `${Math.round(order.progress * 100)}\u202f%`);
    } else if (runs !== order.command) {
      runs = order.command;
      showElapsed(time, order.since);
      if (order.typical_s) done.run(elapsed_s(order.since), order.typical_s);
      time.title = order.typical_s ? `usually ${duration(order.typical_s)}` : "";
    }
  }
  return { node: card, update };
}

/** How its driver is reached, for who wants to know. */
function pulse({ protocol, clock }) {
  if (!protocol) return "";
  if (!clock) return `It speaks protocol ${protocol}, which has no heartbeat.`;
  const off = measured(clock.ahead_s, clock.uncertainty_s, "s");
  return `Answers in ${number(1000 * clock.round_trip_s, 2)} ms; its clock is ahead by ${off}; protocol ${protocol}.`;
}

function restInWords({ status, kept, service }) {
  if (service !== "in_service") return "It gets no order until somebody restores it.";
  if (kept && status === "idle") return "Kept for a person: it gets no order.";
  if (status === "offline") return "Its driver is not connected.";
  if (status === "stopped") return "In its safe state. A person has to release it.";
  if (status === "error") return "It needs a look.";
  if (status === "silent") return "Its driver does not answer: it hangs, or the way to it is cut. It is given nothing.";
  return "Ready for the next step.";
}

const whyInWords = ({ why, until }) => (until ? `${why}, until about ${clockTime(until)}` : why);

function stepRow(first) {
  const status = chip(first.status);
  const why = el("span", { class: "quiet" });
  const time = el("span", { class: "figure quiet" });
  const node = el("li", {},
    status.node,
    el("span", { class: "grow" },
      el("span", {}, sentence(words(first.step)), el("span", { class: "quiet" }, ` · trial ${first.trial}, ${first.campaign}`)),
      why),
    time);
  return {
    node,
    update(step) {
      status.update(step.status);
      setText(why, step.status in { waiting: 0, recovering: 0 } ? whyInWords(step) : step.instrument ? `on ${words(step.instrument)}` : "");
      if (step.since) showElapsed(time, step.since);
      else { delete time.dataset.since; setText(time, ""); }
    },
  };
}

function questionCard(first) {
  const time = el("span", { class: "figure" });
  const message = el("p", {});
  const held = pairs();
  const asks = first.status === "implausible";
  const why = asks ? " ago. It is held until you decide." : " ago. Nobody can know but who looks.";
  showElapsed(time, first.since);
  const node = el("section", { class: "question", "aria-label": "A question for you" },
    el("h2", {}, icon("question"), el("span", {}, first.asks)),
    el("p", { class: "quiet" }, `Trial ${first.trial} of ${first.campaign}, step ${words(first.step)}, begun `, time, why),
    message, held.node, answers(first.command, asks ? first.held : null));
  held.update(Object.entries(first.held).map(([name, value]) => [words(name), typeof value === "number" ? number(value) : JSON.stringify(value)]));
  toggle(held.node, asks);
  return { node, update: (question) => setText(message, question.message) };
}

function quarantineRow(first) {
  const node = el("li", {},
    el("span", { class: "grow" },
      el("span", {}, first.reason),
      el("span", { class: "quiet mono clamp" }, first.topic),
      first.excerpt ? el("details", {}, el("summary", {}, `What arrived (${first.size_bytes} bytes)`), el("pre", {}, first.excerpt)) : null),
    el("time", { class: "figure quiet", datetime: first.at }, clockTime(first.at)));
  return { node, update() {} };
}
