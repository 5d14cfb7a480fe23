// The last runs, and the loads of each run.
import { blank, element, named, table } from "./dom.js";
import { EVERYTHING, count, duration, moment, tag, window_ } from "./format.js";
import { runLink } from "./links.js";

/**
 * Return the last runs.
 * @param {object} answer the runs.
 * @param {Array|null} loads their loads; null until the warehouse was read.
 */
export function runs({ dag_id: dagId, runs: found }, loads) {
  if (!found.length) return blank(`${dagId} has not run yet. Unpause it, or trigger it.`);
  const rows = found.flatMap((run) => runRows(dagId, run, loads));
  return table("Last runs", RUN_COLUMNS, rows, "pairs");
}

const RUN_COLUMNS = [
  "Window (UTC)",
  "State",
  "Began",
  "Took.number",
  "Rows read.number",
  "Written.number",
  "Unchanged.number",
  "Run",
];

function runRows(dagId, run, loads) {
  const own = newest(loads?.filter((load) => load.run_id === run.run_id) ?? []);
  const name = run.full_load ? EVERYTHING : run.window ? window_(...run.window) : "unknown";
  const details = own.length ? unfolded(loadsTable(own)) : null;
  const first = details ? toggle(name, details) : name;
  const sum = (of) => (own.length ? count(own.reduce((total, load) => total + of(load), 0)) : "–");
  const cells = [
    first,
    tag(run.state),
    moment(run.started_at),
    duration(run.seconds),
    own.length ? count(Math.max(...own.map((load) => load.rows_read ?? load.rows_staged))) : "–",
    sum((load) => load.inserted + load.updated + load.deleted),
    sum((load) => load.unchanged),
    runLink(dagId, run.run_id, run.kind),
  ];
  const made = cells.map((cell, index) => {
    const [title, kinds] = named(RUN_COLUMNS[index]);
    if (!index) return element("th.nowrap", { scope: "row" }, cell);
    return element(["td", ...kinds].join("."), { "data-label": title }, cell);
  });
  return [element("tr", {}, ...made), details].filter(Boolean);
}

// A repeated load has one row per attempt, newest first. Only the newest counts.
function newest(loads) {
  const same = (one, other) => one.target === other.target && one.task_id === other.task_id;
  return loads.filter((load, index) => loads.findIndex((other) => same(load, other)) === index);
}

function unfolded(content) {
  return element("tr.details", { hidden: true }, element("td", { colspan: RUN_COLUMNS.length }, content));
}

function toggle(name, details) {
  const button = element("button.more", { type: "button", "aria-expanded": "false", title: "Show its loads" }, name);
  button.addEventListener("click", () => {
    details.hidden = !details.hidden;
    button.setAttribute("aria-expanded", String(!details.hidden));
  });
  return button;
}

const PHASES = [
  ["staging_seconds", "staging"],
  ["waiting_seconds", "waiting for the lock"],
  ["preparing_seconds", "preparing"],
  ["writing_seconds", "writing"],
];
const COUNTS = [
  ["Files", "objects"],
  ["Read", "rows_read"],
  ["Rejected", "rejected"],
  ["For the window", "rows_staged"],
  ["Inserted", "inserted"],
  ["Updated", "updated"],
  ["Deleted", "deleted"],
  ["Unchanged", "unchanged"],
  ["Late", "late"],
];

function loadsTable(loads) {
  const head = ["Table", ...COUNTS.map(([title]) => title), "Took"];
  const most = Math.max(...loads.map((load) => total(load)));
  const rows = loads.map((load) => {
    const numbers = COUNTS.map(([, name]) => count(load[name]));
    const cells = [...numbers, duration(total(load))].map((text) => element("td.number", {}, text));
    const name = element("th", { scope: "row" }, load.target);
    return element("tr", {}, name, ...cells, element("td", {}, phases(load, most)));
  });
  const titles = head.map((title, index) => element(index ? "th.number" : "th", { scope: "col" }, title));
  titles.push(element("th", { scope: "col" }, "Where the time went"));
  const samples = PHASES.map(([, name], index) =>
    element("li", {}, element(`i.phase-${index + 1}`, { "aria-hidden": "true" }), name),
  );
  return element(
    "div",
    {},
    element("table", {}, element("thead", {}, element("tr", {}, ...titles)), element("tbody", {}, ...rows)),
    element("ul.legend", { "aria-label": "Legend of the bars" }, ...samples),
  );
}

function total(load) {
  const known = PHASES.reduce((sum, [name]) => sum + (load[name] ?? 0), 0);
  return known || (Date.parse(load.loaded_at) - Date.parse(load.started_at)) / 1000;
}

function phases(load, most) {
  const known = PHASES.filter(([name]) => load[name] !== null);
  if (!known.length) return "–";
  const label = known.map(([name, title]) => `${title} ${duration(load[name])}`).join(", ");
  const bar = element("div.phases", { role: "img", "aria-label": label, title: label });
  for (const [index, [name]] of PHASES.entries()) {
    if (!load[name]) continue;
    const part = element(`span.phase-${index + 1}`);
    part.style.width = `${(100 * load[name]) / most}%`;
    bar.append(part);
  }
  return bar;
}
