// Light and dark: the system's preference, or what a person chose, remembered in this browser.
import { icon } from "./dom.js";

const system = matchMedia("(prefers-color-scheme: dark)");
const watchers = new Set();

export const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

/** Call when the colours change; returns how to stop. */
export function onTheme(call) {
  watchers.add(call);
  return () => watchers.delete(call);
}

/** The present value of a custom property of the style sheet. */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function themeButton(button) {
  const show = () => {
    button.replaceChildren(icon(isDark() ? "sun" : "moon"));
    const label = isDark() ? "Use light colours" : "Use dark colours";
    button.setAttribute("aria-label", label);
    button.title = label;
    watchers.forEach((call) => call());
  };
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try { localStorage.setItem("labd.theme", theme); } catch { /* not remembered, then */ }
    show();
  });
  system.addEventListener("change", show);
  show();
}
