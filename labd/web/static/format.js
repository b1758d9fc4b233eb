// Numbers, units and times as a person reads them.
const UNITS = {
  degC: "°C", degF: "°F", delta_degC: "K", degree_Celsius: "°C", percent: "%", dimensionless: "", ohm: "Ω",
  minute: "min", hour: "h", second: "s",
};
const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

export const words = (name) => name.replaceAll("_", " ").trim();
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export function number(value, digits = 4) {
  if (typeof value !== "number") return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
    const power = [...exponent.replace("+", "")].map((each) => RAISED[each]).join("");
    return `${Number(mantissa)}×10${power}`.replace("-", "−");
  }
  return String(Number(value.toPrecision(Math.max(digits, Math.ceil(Math.log10(size)))))).replace("-", "−");
}

export function unit(text) {
  const part = (each) => UNITS[each] ?? each.replace(/^u(?=[A-Za-z]{1,2}$)/, "µ");
  return text.replaceAll("**2", "²").replaceAll("**3", "³").replaceAll(" ", "").split("/").map(part).join("/");
}

/** A sentence of the daemon's with units as a person writes them; `units` are those that may stand in it. */
export const withUnits = (text, units) =>
  units.filter((each) => unit(each) !== each).reduce((said, each) => said.replaceAll(new RegExp(` ${each.replace(/[^A-Za-z0-9_]/g, "\\$&")}(?![A-Za-z0-9_])`, "g"), `\u202f${unit(each)}`), text);

export function quantity(value, of = "", digits = 4) {
  const named = typeof value === "number" ? unit(of) : "";
  return named ? `${number(value, digits)}\u202f${named}` : number(value, digits);
}

/** A mean with its error, rounded to the error's second digit. */
export function measured(mean, error, of = "") {
  if (error === null || error === undefined || error === 0) return quantity(mean, of);
  const places = Math.min(Math.max(1 - Math.floor(Math.log10(error)), 0), 8);
  const text = `${mean.toFixed(places)} ± ${error.toFixed(places)}`.replace("-", "−");
  return unit(of) ? `${text}\u202f${unit(of)}` : text;
}

export function duration(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
  if (s < 172800) return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

export const clockTime = (iso) =>
  new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

export const dateTime = (iso) =>
  new Date(iso).toLocaleString([], { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });

export const many = (count, thing) => `${count} ${thing}${count === 1 ? "" : "s"}`;
