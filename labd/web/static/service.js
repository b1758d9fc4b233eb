// An instrument out of service or in quarantine, and back.
import { ask } from "./asking.js";
import { el, setText } from "./dom.js";
import { words } from "./format.js";
import { order } from "./orders.js";

const DEEDS = { withdraw: "Out of service: it is maintained, or not to be used", quarantine: "Quarantine: its work is doubted" };

/** The button under an instrument. */
export function serviceButton() {
  let instrument = null;
  const node = el("button", { class: "button", type: "button", onclick: () => (instrument.service === "in_service" ? askToWithdraw(instrument) : askToRestore(instrument)) });
  return {
    node,
    update(next) {
      instrument = next;
      setText(node, next.service === "in_service" ? "Withdraw…" : "Restore…");
    },
  };
}

const send = (name, deed, who) => order(["instruments", name, deed].map(encodeURIComponent).join("/"), who);

function askToWithdraw({ name }) {
  const deed = el("select", { id: "deed" }, Object.entries(DEEDS).map(([value, said]) => el("option", { value }, said)));
  ask({
    title: `Take ${words(name)} out of service?`, word: "Nothing begins on it", must: true,
    text: "What it has in hand comes to its end; steps that another can do go there. It stays so until somebody restores it.",
    fields: el("div", { class: "answers" }, el("label", { for: "deed" }, "How"), deed),
    send: (who) => send(name, deed.value, who),
  });
}

function askToRestore({ name, withdrawn }) {
  ask({
    title: `Restore ${words(name)}?`, word: "It is in service again", must: true, fields: null,
    text: `It was withdrawn by ${withdrawn}. Steps may begin on it at once.`,
    send: (who) => send(name, "restore", who),
  });
}
