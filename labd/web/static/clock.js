// The laboratory's time on this page: the daemon's clock, which need not be the browser's.
import { setText } from "./dom.js";
import { duration } from "./format.js";

let ahead_ms = 0;

export function setClock(iso) {
  ahead_ms = Date.parse(iso) - Date.now();
}

export const elapsed_s = (since) => Math.max(0, (Date.now() + ahead_ms - Date.parse(since)) / 1000);

/** Show on a node how long ago something began, for as long as it is on the page. */
export function showElapsed(node, since) {
  node.dataset.since = since;
  setText(node, duration(elapsed_s(since)));
}

setInterval(() => {
  if (document.body.dataset.link !== "live") return; // what is known stands still
  for (const node of document.querySelectorAll("[data-since]")) setText(node, duration(elapsed_s(node.dataset.since)));
}, 1000);
