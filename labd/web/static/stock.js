// Stock, labware and places: what there is, how long it lasts, and what a person does about it.
import { ask } from "./asking.js";
import { el, icon, keyed, setText, toggle } from "./dom.js";
import { dateTime, number, quantity, sentence, words } from "./format.js";
import { order } from "./orders.js";
import { bar, empty, panel } from "./parts.js";
import { chip } from "./status.js";

const path = (...parts) => parts.map(encodeURIComponent).join("/");

export function stockScreen() {
  const shelves = el("div", { class: "cards wide shelves" });
  const labware = el("ul", { class: "rows" });
  const places = el("ul", { class: "rows places" });
  const none = {
    stock: empty("The workcell has no stock. What orders use up is named in its file:", "stock: {medium: {unit: mL, low: 50 mL}}"),
    labware: empty("No labware is in the room. It comes when a run begins that needs it."),
    locations: empty("The workcell has no locations."),
  };
  const here = panel("Labware", none.labware, labware);
  const where = panel("Locations", none.locations, places);
  const node = el("div", { class: "stock-screen" }, el("h1", {}, "Stock and labware"),
    el("section", {}, none.stock, shelves), el("div", { class: "pair" }, here.node, where.node));
  const fill = {
    stock: keyed(shelves, shelfCard, (each) => each.name),
    labware: keyed(labware, labwareRow, (each) => each.id),
    locations: keyed(places, placeRow, (each) => each.name),
  };
  return {
    node,
    campaign: null,
    update(now) {
      locations = now.locations.map((each) => each.name);
      for (const [name, show] of Object.entries(fill)) {
        show(now[name]);
        toggle(none[name], now[name].length === 0);
      }
      document.title = `Stock – ${now.laboratory.title || "labd"}`;
    },
  };
}

const LEVELS = { enough: "enough", low: "low: refill it", empty: "too little: refill it" };

function shelfCard(first) {
  const { name } = first;
  let stock = first;
  const level = chip(first.level);
  const value = el("span", { class: "value" });
  const lasts = el("span", { class: "quiet" });
  const kept = el("span", { class: "quiet" });
  const meter = bar(`Level of ${words(name)}`);
  const lots = el("ul", { class: "rows lots" });
  const fill = keyed(lots, (lot) => lotRow(lot, () => askToCount(stock, lot.lot)), (each) => each.lot);
  const node = el("article", { class: "card shelf", "data-stock": name },
    el("header", {}, el("div", {}, el("h3", {}, sentence(words(name)))), level.node),
    el("div", { class: "headline" }, el("div", {}, value, lasts)),
    el("div", { class: "progress" }, meter.node, kept), lots,
    el("div", { class: "orders" }, el("button", { class: "button", type: "button", onclick: () => askToRefill(stock) }, icon("down"), el("span", {}, "Refill…"))));
  return {
    node,
    update(next) {
      stock = next;
      node.dataset.level = next.level;
      level.update(next.level, LEVELS[next.level]);
      setText(value, quantity(next.available, next.unit));
      setText(lasts, next.hours_to_empty === null ? "not used of late" : `empty in ${lasting(next.hours_to_empty)} as it is used now (${quantity(next.used_per_hour, next.unit, 2)} an hour)`);
      meter.update(next.share, next.capacity ? next.reserved / next.capacity : 0);
      setText(kept, keptInWords(next));
      fill(next.lots.map((each) => ({ ...each, unit: next.unit })));
    },
  };
}

const lasting = (hours) => (hours < 1 ? `${Math.round(60 * hours)}\u202fmin` : quantity(hours, "hour", 2));

function keptInWords({ reserved, uncertain, low, capacity, unit, waiting }) {
  const parts = [];
  if (reserved) parts.push(`${quantity(reserved, unit)} reserved`);
  if (uncertain) parts.push(`${quantity(uncertain, unit)} uncertain`);
  if (low) parts.push(`low below ${quantity(low, unit)}`);
  if (capacity) parts.push(`room for ${quantity(capacity, unit)}`);
  if (waiting) parts.push(waiting === 1 ? "1 step waits for it" : `${waiting} steps wait for it`);
  return parts.join(" · ");
}

function lotRow(first, count) {
  const status = chip("enough");
  const amount = el("span", { class: "figure" });
  const until = el("span", { class: "quiet" });
  const node = el("li", { "data-lot": first.lot }, status.node,
    el("span", { class: "grow" }, el("span", {}, `Lot ${first.lot}`), until), amount,
    el("button", { class: "plain", type: "button", title: `Count lot ${first.lot}`, "aria-label": `Count lot ${first.lot}`, onclick: count }, icon("pencil")));
  return {
    node,
    update(lot) {
      if (lot.expired) status.update("failed", "expired");
      else if (lot.uncertain) status.update("unknown", "uncertain");
      else status.update("enough", "usable");
      setText(amount, quantity(lot.amount, lot.unit));
      const expires = lot.expires ? `${lot.expired ? "expired" : "expires"} ${dateTime(lot.expires)}` : "does not expire";
      setText(until, lot.uncertain ? `${expires} · ${quantity(lot.uncertain, lot.unit)} may be gone: count it` : expires);
    },
  };
}

const field = (id, label, attributes) => [el("label", { for: id }, label), el("input", { id, autocomplete: "off", ...attributes })];

export function askToRefill({ name, unit }) {
  const [lotLabel, lot] = field("lot", "Lot, as it is written on it", { required: true, maxlength: "64" });
  const [amountLabel, amount] = field("amount", `Amount${unit ? ` (${unit}, or with another unit)` : ""}`, { required: true, maxlength: "100", placeholder: `500 ${unit}`.trim() });
  const [expiresLabel, expires] = field("expires", "Expires at the end of (empty: never)", { type: "date" });
  ask({
    title: `Refill ${words(name)}`, word: "It is in place", text: "Put it in place first. Steps that wait for it begin at once.",
    fields: el("div", { class: "answers" }, lotLabel, lot, amountLabel, amount, expiresLabel, expires),
    send: (who) => order(path("stock", name, "refill"), { ...who, lot: lot.value.trim(), amount: amount.value.trim(), expires: expires.value || null }),
  });
}

export function askToCount({ name, unit, lots }, which = "") {
  const lot = el("select", { id: "lot" }, lots.map((each) => el("option", { value: each.lot, selected: each.lot === which }, each.lot)));
  const [amountLabel, amount] = field("amount", `What is there${unit ? ` (${unit})` : ""}; 0 where nothing is`, { required: true, maxlength: "100" });
  ask({
    title: `Count ${words(name)}`, word: "It is counted", text: "What you count is what the books say from now on.", must: true,
    fields: el("div", { class: "answers" }, el("label", { for: "lot" }, "Lot"), lot, amountLabel, amount),
    send: (who) => order(path("stock", name, "count"), { ...who, lot: lot.value, amount: amount.value.trim() }),
  });
}

// --- labware

let locations = [];

function labwareRow(first) {
  const status = chip(first.status);
  const where = el("span", {});
  const history = el("ol", { class: "history" });
  const told = el("details", { ontoggle: () => told.open && show(first.id, history) }, el("summary", {}, "Where it has been"), history);
  const asks = el("strong", {});
  let shown = "";
  const node = el("li", { "data-labware": first.id }, status.node,
    el("span", { class: "grow" }, where, el("span", { class: "quiet" }, `${words(first.name)} of trial ${first.trial}, ${first.campaign}`), asks, told),
    el("button", { class: "button", type: "button", onclick: () => askToMove(first) }, "It is at…"));
  return {
    node,
    update(labware) {
      status.update(labware.status);
      setText(where, whereInWords(labware));
      setText(asks, labware.asks);
      toggle(asks, labware.asks !== "");
      if (told.open && shown !== labware.since) show(first.id, history);
      shown = labware.since;
    },
  };
}

function whereInWords({ status, place, moving_to }) {
  if (status === "moving") return `${sentence(words(place))} → ${words(moving_to)}`;
  if (status === "lost") return `At ${words(place)}, at ${words(moving_to)}, or between`;
  if (status === "expected") return `Waits for room at ${words(place)}`;
  return sentence(words(place));
}

async function show(id, list) {
  const answer = await fetch(`/api/v1/${path("labware", id)}`).catch(() => null);
  if (!answer?.ok) return;
  const { history } = await answer.json();
  list.replaceChildren(...history.toReversed().map(({ at, place, by, note }) =>
    el("li", {}, el("time", { datetime: at, class: "quiet" }, dateTime(at)), ` ${place ? words(place) : "–"}`, el("span", { class: "quiet" }, ` ${note || by}`))));
}

export function askToMove({ id, name }) {
  const to = el("select", { id: "to" }, locations.map((each) => el("option", { value: each }, words(each))), el("option", { value: "out" }, "out of the room"));
  ask({
    title: `Where is ${words(name)}?`, word: "It is there", text: `${id}: what you say counts, and robots will go there.`, must: true,
    fields: el("div", { class: "answers" }, el("label", { for: "to" }, "Place"), to),
    send: (who) => order(path("labware", id, "move"), { ...who, to: to.value }),
  });
}

function placeRow(first) {
  const taken = bar(`Room at ${words(first.name)}`);
  const figure = el("span", { class: "figure quiet" });
  const there = el("span", { class: "quiet mono" });
  const who = [...first.instruments.map(words), first.group ? `one of ${words(first.group)}` : ""].filter(Boolean).join(", ");
  const node = el("li", {}, el("span", { class: "grow" },
    el("span", {}, sentence(words(first.name)), who ? el("span", { class: "quiet" }, ` · ${who}`) : null), there, taken.node), figure);
  return {
    node,
    update({ capacity, free, labware }) {
      taken.update((capacity - free) / capacity);
      setText(figure, `${capacity - free} of ${capacity} taken`);
      setText(there, labware.join(", "));
    },
  };
}

// --- what is asked on the first screen

const REMEDIES = { stock: ["Refill…", askToRefill], count: ["Count…", askToCount], labware: ["Say where it is…", askToMove] };

/** What a person is to see to: `{ need, now }`. */
export function needCard({ need }) {
  const [word, remedy] = REMEDIES[need.kind];
  const message = el("p", {});
  let about = null;
  const node = el("section", { class: "question", "data-need": need.about, "aria-label": need.asks },
    el("h2", {}, icon("warning"), el("span", {}, need.asks)), message,
    el("div", { class: "orders" }, el("button", { class: "button", type: "button", onclick: () => about && remedy(about) }, word),
      el("a", { class: "button", href: "/stock" }, "Stock and labware")));
  return {
    node,
    update({ need: next, now }) {
      setText(message, sentence(next.message));
      locations = now.locations.map((each) => each.name);
      about = next.kind === "labware" ? now.labware.find((each) => each.id === next.about) : now.stock.find((each) => each.name === next.about);
    },
  };
}
