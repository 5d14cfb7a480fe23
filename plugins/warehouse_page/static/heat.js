// The hours of a month: one row per day, one column per hour. The arrow keys move between hours.
import { element } from "./dom.js";
import { count } from "./format.js";
import { runAddress } from "./links.js";

const SIGNS = { loaded: "", empty: "0", failed: "✕", running: "…", missing: "–", outside: "" };
const WORDS = {
  loaded: "loaded",
  empty: "empty: loaded, without any rows",
  failed: "failed: the last run for this hour failed",
  running: "running",
  missing: "missing: never loaded",
  outside: "",
};
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -24, ArrowDown: 24 };

/** Return the month as a grid, and its legend. */
export function heatMap(dagId, hours) {
  const most = Math.max(1, ...hours.map((hour) => hour.rows));
  const titles = Array.from({ length: 24 }, (_, hour) =>
    element("span", { role: "columnheader", "aria-label": `${hour}:00 UTC` }, String(hour).padStart(2, "0")),
  );
  const corner = element("span", { role: "columnheader" }, "UTC");
  const rows = [element("div", { role: "row" }, corner, ...titles)];
  const cells = hours.map((hour) => cell(dagId, hour, most));
  for (let first = 0; first < cells.length; first += 24) {
    const day = hours[first].start.slice(0, 10);
    const name = `${WEEKDAYS[new Date(`${day}T00:00Z`).getUTCDay()]} ${Number(day.slice(8))}`;
    const header = element("span", { role: "rowheader", "aria-label": day }, name);
    rows.push(element("div", { role: "row" }, header, ...cells.slice(first, first + 24)));
  }
  const label = `Hours of ${hours[0].start.slice(0, 7)}, UTC`;
  const grid = element("div.heat", { role: "grid", "aria-label": label }, ...rows);
  rove(grid, cells);
  return [element("div.scroll", {}, grid), legend(most)];
}

function cell(dagId, hour, most) {
  const where = `${hour.start.slice(0, 10)} ${hour.start.slice(11, 13)}:00`;
  const rows = hour.rows ? `, ${count(hour.rows)} ${hour.rows === 1 ? "row" : "rows"}` : "";
  const title = `${where}${WORDS[hour.state] ? ` – ${WORDS[hour.state]}` : ""}${rows}`;
  const kind = hour.state === "loaded" ? `level-${level(hour.rows, most)}` : hour.state;
  const link = hour.run_id && hour.state !== "outside";
  const attributes = { title, "aria-label": title, role: "gridcell", tabindex: "-1", "data-state": hour.state };
  if (link) Object.assign(attributes, { href: runAddress(dagId, hour.run_id), "data-airflow": true });
  return element(`${link ? "a" : "span"}.cell.${kind}`, attributes, SIGNS[hour.state]);
}

function level(rows, most) {
  return Math.min(4, 1 + Math.floor((4 * (rows - 1)) / most));
}

// The tab key reaches one cell, the last one inside the data; the arrow keys move from there.
function rove(grid, cells) {
  const begin = cells.findLast((one) => one.dataset.state !== "outside") ?? cells[0];
  begin.tabIndex = 0;
  grid.addEventListener("keydown", (event) => {
    const at = cells.indexOf(document.activeElement);
    if (at < 0) return;
    const week = Math.floor(at / 24) * 24;
    const ends = { Home: week, End: week + 23, PageUp: 0, PageDown: cells.length - 1 };
    const to = event.key in STEPS ? at + STEPS[event.key] : ends[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (!cells[to]) return;
    cells[at].tabIndex = -1;
    cells[to].tabIndex = 0;
    cells[to].focus();
  });
}

function legend(most) {
  const sample = (kind, sign, text) =>
    element("li", {}, element(`span.cell.${kind}`, { "aria-hidden": "true" }, sign), text);
  const levels = [1, 2, 3, 4].map((step) => element(`span.cell.level-${step}`, { "aria-hidden": "true" }));
  return element(
    "ul.legend",
    { "aria-label": "Legend of the hours" },
    element("li", {}, element("span.scale", {}, ...levels), `loaded, 1 to ${count(most)} rows`),
    sample("empty", "0", "empty"),
    sample("failed", "✕", "failed"),
    sample("running", "…", "running"),
    sample("missing", "–", "missing"),
  );
}
