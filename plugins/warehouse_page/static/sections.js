// The sections of the page, from what the server tells.
import { blank, element, named, table } from "./dom.js";
import { count, duration, exact, minute, moment, tag, window_ } from "./format.js";
import { runLink } from "./links.js";

/** Return the tables with their rows, last load, and up to where their data reaches. */
export function tables(found) {
  if (!found.length) return blank("Nothing has been loaded yet. Trigger the DAG, and the tables show here.");
  const rows = found.map((one) => [
    one.name,
    one.rows === null ? element("span.soft", { title: "The table is gone, or may not be read." }, "not there") : count(one.rows),
    moment(one.loaded_at),
    freshness(one),
    one.newest ? upTo(one.newest) : "–",
  ]);
  return table("Tables", ["Table", "Rows.number", "Last load", "Loaded up to", "Newest event"], rows);
}

function freshness({ reaches, rebuilt_at: rebuilt }) {
  if (reaches) return upTo(reaches);
  return rebuilt ? element("span", {}, "all files as of ", moment(rebuilt)) : "–";
}

function upTo(text) {
  return element("span.nowrap", { title: exact(text) }, minute(text), " ", element("span.soft", {}, "(", moment(text), ")"));
}

/**
 * Return the last runs.
 * @param {object} answer what Airflow knows of them.
 * @param {Array|null} loads what they loaded; null while that is not known.
 */
export function runs({ dag_id: dagId, runs: found }, loads) {
  if (!found.length) return blank(`${dagId} has not run yet. Unpause it, or trigger it.`);
  const rows = found.flatMap((run) => runRows(dagId, run, loads));
  return table("Last runs", RUN_COLUMNS, rows, "pairs");
}

const RUN_COLUMNS = ["Window (UTC)", "State", "Began", "Took.number", "Rows read.number", "Written.number", "Unchanged.number", "Run"];

function runRows(dagId, run, loads) {
  const own = loads?.filter((load) => load.run_id === run.run_id) ?? [];
  const name = run.full_load ? "everything" : run.window ? window_(...run.window) : "not known";
  const details = own.length ? element("tr.details", { hidden: true }, element("td", { colspan: 8 }, loadsTable(own))) : null;
  const first = details ? toggle(name, details) : name;
  const sum = (of) => (own.length ? count(own.reduce((total, load) => total + of(load), 0)) : "–");
  const cells = [
    first,
    tag(run.state),
    moment(run.started_at),
    duration(run.seconds),
    own.length ? count(Math.max(...own.map((load) => load.rows_staged))) : "–",
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

function toggle(name, details) {
  const button = element("button.more", { type: "button", "aria-expanded": "false", title: "What it loaded" }, name);
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
  ["Read", "rows_staged"],
  ["Rejected", "rejected"],
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
    return element("tr", {}, element("th", { scope: "row" }, load.target), ...cells, element("td", {}, phases(load, most)));
  });
  const titles = head.map((title, index) => element(index ? "th.number" : "th", { scope: "col" }, title));
  titles.push(element("th", { scope: "col" }, "Where the time went"));
  const samples = PHASES.map(([, name], index) => element("li", {}, element(`i.phase-${index + 1}`, { "aria-hidden": "true" }), name));
  return element(
    "div",
    {},
    element("table", {}, element("thead", {}, element("tr", {}, ...titles)), element("tbody", {}, ...rows)),
    element("ul.legend", { "aria-label": "What the colours of the bars mean" }, ...samples),
  );
}

function total(load) {
  return PHASES.reduce((sum, [name]) => sum + (load[name] ?? 0), 0) || (Date.parse(load.loaded_at) - Date.parse(load.started_at)) / 1000;
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

/** Return the checks: what is not as expected, and how each came out on the days of the month. */
export function checks(dagId, answer) {
  const { checks_now: now, checks_not_passed: notPassed, checks_by_day: byDay, month } = answer;
  if (!now.length) return [blank("No check has been made yet. They are made by each run, after its loads.")];
  return [summary(now), ...problems(dagId, notPassed), element("h3", {}, `Every check, and its days in ${month}`), days(dagId, now, byDay, month)];
}

function summary(now) {
  const of = (outcome) => now.filter((one) => one.outcome === outcome).length;
  const parts = [["passed", "passed"], ["warned", "warned"], ["failed", "failed"]].filter(([outcome]) => of(outcome));
  return element("p", {}, "Last time: ", ...parts.flatMap(([outcome], index) => [index ? ", " : "", tag(outcome), ` ${count(of(outcome))}`]));
}

function problems(dagId, found) {
  if (!found.length) return [element("p.soft", {}, "No check has ever warned or failed.")];
  const rows = found.map((one) => [
    runLink(dagId, one.run_id, window_(one.window_start, one.window_end)),
    tag(one.outcome),
    `${one.target}: ${one.check}`,
    element("span", {}, one.actual, element("span.soft", {}, ` (expected: ${one.expected})`)),
    moment(one.checked_at),
  ]);
  return [element("h3", {}, "Not as expected, the latest first"), table("Checks that warned or failed", ["Window (UTC)", "Outcome", "Check.any", "Found.any", "Checked.nowrap"], rows)];
}

function days(dagId, now, byDay, month) {
  const length = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate();
  const found = new Map(byDay.map((one) => [`${one.target} ${one.check} ${one.day.slice(0, 10)}`, one]));
  const rows = now.map((one) => [
    element("span", {}, element("span.soft", {}, `${one.target}: `), one.check),
    element("span.nowrap", { title: `${one.actual} (expected: ${one.expected})` }, tag(one.outcome)),
    strip(found, one, month, length),
  ]);
  return table("Checks by day", ["Check.any", "Last time", `Days of ${month}.block`], rows);
}

function strip(found, check, month, length) {
  const told = [];
  const cells = Array.from({ length }, (_, index) => {
    const day = `${month}-${String(index + 1).padStart(2, "0")}`;
    const one = found.get(`${check.target} ${check.check} ${day}`);
    if (!one) return element("span.day", { title: `${day}: not made` });
    const outcome = one.failed ? "failed" : one.warned ? "warned" : "passed";
    const some = one.failed || one.warned;
    const title = `${day}: ${some ? `${some} of ${one.windows} ${outcome}` : `${one.windows} passed`}`;
    if (some) told.push(title);
    return element(`span.day.${outcome}`, { title }, { failed: "✕", warned: "!", passed: "" }[outcome]);
  });
  const label = told.length ? told.join("; ") : "nothing but passed checks";
  return element("span.days", { role: "img", "aria-label": label }, ...cells);
}

/** Return the records that could not be loaded. */
export function rejects(dagId, found, total) {
  if (!found.length) return [blank("No record has been rejected: every line of every file could be loaded.")];
  const rows = found.map((one) => [
    element("span.mono.any", { title: `s3://${one.bucket}/${one.object_key}` }, one.object_key),
    count(one.line_number),
    element("span", {}, one.column ? element("span.mono", {}, `${one.column}: `) : null, one.reason, element("code.line.mono", {}, one.line)),
    runLink(dagId, one.run_id, moment(one.rejected_at)),
  ]);
  const shown = found.length < total ? `The latest ${count(found.length)} of ${count(total)}.` : `${count(total)} in all.`;
  return [element("p.soft", {}, shown), table("Rejected records", ["File.any", "Line.number", "Reason.block", "Run.nowrap"], rows)];
}

/** Return the report, in a frame in which it can do nothing, or why there is none. */
export function report({ published_at: published, message }) {
  if (message) return [blank(message)];
  const frame = element("iframe", { src: "report/", title: "The report", sandbox: "allow-same-origin allow-downloads", loading: "lazy" });
  return [element("p.soft", {}, "Published ", moment(published), "."), element("div.body", {}, frame)];
}
