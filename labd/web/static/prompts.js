// What a step asks of a person: the options as buttons, a note and a photo where they are wanted.
import { showElapsed } from "./clock.js";
import { el, icon, setText } from "./dom.js";
import { words } from "./format.js";
import { order, remembered, toast } from "./orders.js";

export function promptCard(first) {
  const name = first.command.replaceAll("/", "-");
  const time = el("span", { class: "figure" });
  showElapsed(time, first.since);
  const note = first.note ? el("textarea", { id: `note-${name}`, rows: "2", maxlength: "5000" }) : null;
  const photo = first.photo ? el("input", { id: `photo-${name}`, type: "file", accept: "image/*", capture: "environment" }) : null;
  const state = el("span", { class: "quiet", role: "status" });
  const buttons = first.options.map((option) =>
    el("button", { type: "button", class: "button", onclick: () => send(option) }, words(option)));

  async function send(option) {
    const file = photo?.files[0];
    if (photo && !file) {
      setText(state, "A photo is wanted.");
      photo.focus();
      return;
    }
    buttons.forEach((button) => { button.disabled = true; });
    setText(state, "Telling the daemon…");
    const given = file ? await upload(file) : null;
    const path = `runs/${encodeURIComponent(first.run)}/steps/${encodeURIComponent(first.step)}/answer`;
    const body = { option, note: note?.value.trim() ?? "", photo: given, by: remembered() };
    if ((file && !given) || !(await order(path, body))) {
      buttons.forEach((button) => { button.disabled = false; });
      setText(state, "");
    } // else the stream takes the question away
  }

  const node = el("section", { class: "question", "aria-label": "Something for you to do" },
    el("h2", {}, icon("question"), el("span", {}, first.asks)),
    el("p", { class: "quiet" }, `Trial ${first.trial} of ${first.campaign}, step ${words(first.step)}, asked `, time, " ago."),
    note ? el("label", { for: note.id }, "Note") : null, note,
    photo ? el("label", { for: photo.id }, "Photo") : null, photo,
    el("div", { class: "orders" }, buttons, state));
  return { node, update() {} };
}

/** The reference to a file, once the daemon has it; null where it would not take it, and the page says why. */
async function upload(file) {
  try {
    const answer = await fetch(`/api/v1/data?name=${encodeURIComponent(file.name)}`, {
      method: "POST", headers: { "content-type": file.type || "application/octet-stream" }, body: file,
    });
    const said = await answer.json();
    if (answer.ok) return said;
    toast(said.error.message, said.error.hint);
  } catch {
    toast("The photo could not be sent.", "Try again when the connection is back.");
  }
  return null;
}
