// Schedule: which instrument did what of late, does what now, and how busy each is.
import { chart } from "./charts.js";
import { el, keyed, setText, toggle } from "./dom.js";
import { clockTime, sentence, words } from "./format.js";
import { empty, panel } from "./parts.js";

const HOURS = [1, 4, 8, 24, 72];
/** Asked for again when something changed, and no more often than this. */
const PACE_MS = 2000;

export function scheduleScreen() {
  const picture = chart("schedule");
  const body = el("tbody");
  const table = el("table", { class: "trials" },
    el("thead", {}, el("tr", {}, ["Instrument", "Does", "Until about", "Reserved for", "Busy"].map((each) => el("th", { scope: "col" }, each)))), body);
  const none = empty("No instrument is known.");
  const hours = el("select", { "aria-label": "How far back", onchange: () => ask() },
    HOURS.map((each) => el("option", { value: each, selected: each === 8 }, `the last ${each} h`)));
  const fill = keyed(body, row, (each) => each.instrument);
  const node = el("div", { class: "schedule-screen" },
    el("header", { class: "title-row" }, el("h1", {}, "Schedule"), hours),
    picture.node, panel("Instruments", none, el("div", { class: "scroll" }, table)).node);
  let version = -1;
  let asked = 0;
  let busy = false;
  let later = null;

  async function ask() {
    if (busy) return;
    busy = true;
    asked = Date.now();
    try {
      const answer = await fetch(`/api/v1/schedule?hours=${hours.value}`);
      if (!answer.ok || !node.isConnected) return;
      const view = await answer.json();
      picture.draw(view.figure);
      fill(view.rows);
      toggle(none, view.rows.length === 0);
    } catch {
      version = -1; // the connection is told above; the next change asks again
    } finally {
      busy = false;
    }
  }

  function update(now) {
    document.title = "Schedule – labd";
    if (now.version === version) return;
    version = now.version;
    later ??= setTimeout(() => { later = null; ask(); }, Math.max(0, asked + PACE_MS - Date.now()));
  }

  function leave() {
    clearTimeout(later);
    picture.leave();
  }
  return { node, campaign: null, update, leave };
}

const inWords = ({ step, trial, campaign }) => `${sentence(words(step))}, trial ${trial} of ${campaign}`;

function row(first) {
  const does = el("td");
  const until = el("td", { class: "quiet" });
  const kept = el("td");
  const busy = el("td", { class: "figure" });
  const node = el("tr", {}, el("th", { scope: "row", class: "mono" }, first.instrument), does, until, kept, busy);
  return {
    node,
    update({ doing, reserved, busy: share }) {
      setText(does, doing ? inWords(doing) : "–");
      setText(kept, reserved ? inWords(reserved) : "");
      setText(until, doing ? clockTime(doing.end) : "");
      setText(busy, `${Math.round(share * 100)} %`);
    },
  };
}
