// What a person must allow, and the interlocks: what is asked, why, of which content; what holds, and what it guards.
import { showElapsed } from "./clock.js";
import { el, icon, setText, toggle } from "./dom.js";
import { clockTime, words } from "./format.js";
import { order, remember, remembered } from "./orders.js";
import { chip } from "./status.js";

const SUBJECTS = { campaign: "A campaign waits for approval", edit: "An edit waits for approval", trial: "A trial waits for approval", step: "A step waits for its release" };

/** The card of one approval: it is given, or refused, for exactly the content that the card shows. */
export function approvalCard(first) {
  const said = el("p", { class: "quiet" });
  const by = el("input", { maxlength: "100", required: true, "aria-label": "Your name", value: remembered(), autocomplete: "name" });
  const reason = el("input", { maxlength: "2000", "aria-label": "Reason", placeholder: "Reason (needed to refuse)" });
  const at = `approvals/${encodeURIComponent(first.id)}`;
  const send = (verb, more = {}) => {
    remember(by.value.trim());
    return order(`${at}/${verb}`, { by: by.value.trim(), reason: reason.value.trim(), ...more });
  };
  const button = (word, shape, tone, onclick) => el("button", { type: "button", class: `button ${tone}`, onclick }, icon(shape), el("span", {}, word));
  const answer = el("div", { class: "orders" }, by, reason,
    button("Approve", "check", "solid", () => send("approve", { content_hash: first.content_hash })),
    button("Refuse", "cross", "danger", () => send("refuse")));
  const again = el("div", { class: "orders" }, button("Ask again", "question", "", () => order(`${at}/again`, {})));
  const node = el("section", { class: "question", "aria-label": SUBJECTS[first.subject], "data-approval": first.id },
    el("h2", {}, icon("question"), el("span", {}, SUBJECTS[first.subject])),
    el("p", {}, first.text),
    el("ul", {}, first.reasons.map((each) => el("li", {}, each))),
    el("p", { class: "mono quiet" }, `SHA-256 ${first.content_hash}`),
    said, answer, again);
  return {
    node,
    update(approval) {
      const waits = approval.status === "asked";
      const many = approval.persons === 1 ? "" : ` ${approval.by.length} of ${approval.persons} persons have approved it${approval.by.length ? `: ${approval.by.join(", ")}` : ""}.`;
      setText(said, waits ? `Until ${clockTime(approval.until)}; no answer means hold.${many}` : "Nobody answered in time: it is held.");
      toggle(answer, waits);
      toggle(again, !waits);
    },
  };
}

/** The row of one interlock. */
export function interlockRow(first) {
  const status = chip(first.status);
  const why = el("span", { class: "quiet" });
  const time = el("span", { class: "figure quiet" });
  const guards = first.guards.map(words).join(", ");
  const node = el("li", {}, status.node,
    el("span", { class: "grow" }, el("span", {}, words(first.name), el("span", { class: "quiet" }, ` · guards ${guards}${first.stops ? ", stops everything" : ""}`)), why),
    time);
  return {
    node,
    update(interlock) {
      status.update(interlock.status);
      setText(why, interlock.why || interlock.signal);
      if (interlock.since) showElapsed(time, interlock.since);
    },
  };
}
