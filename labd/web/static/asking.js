// A question to a person, with a form and a signature.
import { el, icon } from "./dom.js";
import { remember, remembered } from "./orders.js";

/** A dialog with fields, a reason and a name; `send` gets the body, and whether it was taken closes it; `must`: only with a reason. */
export function ask({ title, text, fields, word, send, why = "Reason", must = false }) {
  const reason = el("textarea", { rows: "2", required: must, maxlength: "2000", id: "edit-reason" });
  const by = el("input", { required: true, maxlength: "100", id: "edit-by", value: remembered(), autocomplete: "name" });
  const dialog = el("dialog", { class: "ask", "aria-labelledby": "edit-title", onclose: () => dialog.remove() },
    el("form", { onsubmit: async (event) => {
      event.preventDefault();
      remember(by.value.trim());
      if (await send({ by: by.value.trim(), reason: reason.value.trim() })) dialog.close();
    } },
    el("h2", { id: "edit-title" }, title), text ? el("p", { class: "quiet" }, text) : null, fields,
    el("label", { for: "edit-reason" }, why), reason,
    el("label", { for: "edit-by" }, "Your name"), by,
    el("div", { class: "orders" },
      el("button", { class: "button", type: "button", onclick: () => dialog.close() }, "Leave it"),
      el("button", { class: "button solid", type: "submit" }, icon("pencil"), el("span", {}, word)))));
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("input, select, textarea")?.focus();
}
