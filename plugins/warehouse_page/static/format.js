// Numbers, times and durations in readable form. Exact times are in UTC, in the title attribute.
import { element } from "./dom.js";

const UNITS = [["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60]];
const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const numbers = new Intl.NumberFormat("en");

/** Return a number with thousands separators; a dash for null. */
export function count(value) {
  return value === null || value === undefined ? "–" : numbers.format(value);
}

/** Return a time as 2018-11-15 16:00. */
export function minute(text) {
  return text.slice(0, 16).replace("T", " ");
}

/** Return a time as 2018-11-15 16:00:07 UTC. */
export function exact(text) {
  return `${text.slice(0, 19).replace("T", " ")} UTC`;
}

/** Return how long ago a time was, in the largest unit that fits. */
export function since(text, now = Date.now()) {
  const seconds = (Date.parse(text) - now) / 1000;
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return ago.format(Math.trunc(seconds / length), unit);
  }
  return "just now";
}

/** Return an element that shows how long ago a time was, with the exact time as its title. */
export function moment(text) {
  return text ? element("time", { datetime: text, title: exact(text) }, since(text)) : "–";
}

/** Return a duration in seconds as 850 ms, 4.2 s, 3 min 20 s or 2 h 5 min. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** The window of a full load as text. */
export const EVERYTHING = "everything";

/** Return a window as text: the date only once within a day. */
export function window_(start, end) {
  const [from, to] = [minute(start), minute(end)];
  if (from.slice(0, 10) === to.slice(0, 10)) return `${from} – ${to.slice(11)}`;
  if (from.endsWith("00:00") && to.endsWith("00:00")) return days(from, to);
  const day = Date.parse(end) - Date.parse(`${from.slice(0, 10)}T00:00Z`) === 86400000;
  return day ? `${from} – 24:00` : `${from} – ${to}`;
}

function days(from, to) {
  const last = new Date(Date.parse(`${to.slice(0, 10)}T00:00Z`) - 86400000).toISOString().slice(0, 10);
  const first = from.slice(0, 10);
  return first === last ? `${first}, all day` : `${first} – ${last}, all days`;
}

/** Return a state as a small tag. Its text and sign carry the meaning, not only its colour. */
export function tag(state) {
  const kinds = { success: "good", passed: "good", failed: "bad", warned: "warn", running: "busy", queued: "busy" };
  const signs = { success: "✓", passed: "✓", failed: "✕", warned: "!", running: "…", queued: "…" };
  return element(`span.tag.${kinds[state] ?? "plain"}`, {}, `${signs[state] ?? ""} ${state}`.trim());
}
