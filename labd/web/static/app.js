// The page: one stream, a few screens, and what is true on all of them.
import { campaignScreen } from "./campaign.js";
import { setClock } from "./clock.js";
import { el, icon, setText, toggle } from "./dom.js";
import { nowScreen } from "./now.js";
import { scheduleScreen } from "./schedule.js";
import { chip } from "./status.js";
import { stockScreen } from "./stock.js";
import { stopControl } from "./stop.js";
import { Stream } from "./stream.js";
import { themeButton } from "./theme.js";

const SCREENS = { "/": nowScreen, "/schedule": scheduleScreen, "/stock": stockScreen };
const byId = (id) => document.getElementById(id);
const stopping = stopControl(byId("stop"));
const main = byId("main");
const link = chip("connecting");
const broker = chip("connecting", "broker");
let screen = null;
let now = null;
const statuses = new Map();

const stream = new Stream({
  after: () => screen.version?.() ?? 0,
  onState(state) {
    document.body.dataset.link = state;
    link.update(state);
    showBanner();
  },
  onMessage(message) {
    if (message.type === "now") takeNow(message.now);
    else if (message.type === "restart") screen.forget?.();
    else if (message.type === "error") screen.fail?.(message.error);
    else if (message.type === "campaign" && concerns(message.campaign)) {
      screen.take(message);
      if (now) screen.update(now);
    }
  },
});

/** A frame for the screen that was just left may still arrive. */
const concerns = ({ id, name }) => screen.campaign === id || screen.campaign === name;

function takeNow(next) {
  now = next;
  const { laboratory } = now;
  setClock(laboratory.time);
  setText(byId("place"), laboratory.title);
  broker.update(laboratory.linked ? "live" : "lost", laboratory.linked ? "broker" : "no broker");
  broker.node.title = laboratory.broker;
  const onBroker = laboratory.broker ? ` · broker: ${laboratory.broker}` : "";
  const journal = `start ${laboratory.epoch} · ${now.version} events in the journal`;
  setText(byId("foot"), `labd ${laboratory.release} · ${journal}${onBroker}`);
  announce(now.campaigns);
  stopping.update(now);
  showBanner();
  screen.update(now);
}

/** Say a campaign's new status to who cannot see it. */
function announce(campaigns) {
  for (const { id, name, status, note } of campaigns) {
    if (statuses.has(id) && statuses.get(id) !== status) setText(byId("announce"), `Campaign ${name} is ${status}. ${note}`);
    statuses.set(id, status);
  }
}

const lost = el("div", { class: "banner bad", hidden: true }, icon("cut"),
  el("span", {}, el("strong", {}, "The connection to the daemon is lost."), " What you see is the last that was known. The page tries again by itself."),
  el("button", { class: "button", type: "button", onclick: () => stream.now() }, "Try now"));
const trouble = el("span");
const troubled = el("div", { class: "banner bad", hidden: true }, icon("warning"),
  el("span", {}, el("strong", {}, "The daemon is in trouble. "), trouble));
const unlinked = el("div", { class: "banner warn", hidden: true }, icon("warning"),
  el("span", {}, el("strong", {}, "The broker is not reached."), " No order leaves and no result arrives; the daemon tries again by itself. Nothing is lost."));

function showBanner() {
  toggle(lost, document.body.dataset.link === "lost");
  toggle(troubled, Boolean(now?.laboratory.trouble));
  setText(trouble, now?.laboratory.trouble ?? "");
  toggle(unlinked, now !== null && !now.laboratory.linked);
}

function show() {
  screen?.leave?.();
  const found = /^\/campaigns\/([^/]+)\/?$/.exec(location.pathname);
  screen = found ? campaignScreen(decodeURIComponent(found[1])) : (SCREENS[location.pathname] ?? nowScreen)();
  main.replaceChildren(screen.node);
  stream.follow(screen.campaign);
  if (now) screen.update(now);
}

document.addEventListener("click", (event) => {
  const anchor = event.target.closest("a[href]");
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!anchor || !plain || anchor.hasAttribute("download") || anchor.origin !== location.origin) return;
  if (!(anchor.pathname in SCREENS) && !anchor.pathname.startsWith("/campaigns/")) return;
  if (anchor.hash) return;
  event.preventDefault();
  history.pushState(null, "", anchor.href);
  show();
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
});
addEventListener("popstate", show);

byId("link").append(link.node);
byId("broker").append(broker.node);
byId("stopped").append(stopping.node);
byId("banner").append(lost, troubled, unlinked);
themeButton(byId("theme"));
show();
stream.open();
