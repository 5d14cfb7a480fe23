// The checks: those that warned or failed, and the results of each check by day.
import { blank, element, table } from "./dom.js";
import { EVERYTHING, count, moment, tag, window_ } from "./format.js";
import { runLink } from "./links.js";

/** Return the checks that warned or failed, and the results of each check on the days of the month. */
export function checks(dagId, answer) {
  const { checks_now: now, checks_not_passed: notPassed, checks_by_day: byDay, month } = answer;
  if (!now.length) return [blank("No check has run yet. Every run checks the tables after its loads.")];
  const title = element("h3", {}, `All checks, by day of ${month}`);
  return [summary(now), ...problems(dagId, notPassed), title, days(now, byDay, month)];
}

function summary(now) {
  const of = (outcome) => now.filter((one) => one.outcome === outcome).length;
  const there = ["passed", "warned", "failed"].filter(of);
  const parts = there.flatMap((outcome, index) => [index ? ", " : "", tag(outcome), ` ${count(of(outcome))}`]);
  return element("p", {}, "Last time: ", ...parts);
}

function problems(dagId, found) {
  if (!found.length) return [element("p.soft", {}, "No check has ever warned or failed.")];
  const rows = found.map((one) => [
    runLink(dagId, one.run_id, one.full_load ? EVERYTHING : window_(one.window_start, one.window_end)),
    tag(one.outcome),
    `${one.target}: ${one.check}`,
    element("span", {}, one.actual, element("span.soft", {}, ` (expected: ${one.expected})`)),
    moment(one.checked_at),
  ]);
  const columns = ["Window (UTC)", "Outcome", "Check.any", "Found.any", "Checked.nowrap"];
  const title = element("h3", {}, "Warnings and failures, latest first");
  return [title, table("Checks that warned or failed", columns, rows)];
}

function days(now, byDay, month) {
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
  const problems = [];
  const cells = Array.from({ length }, (_, index) => {
    const day = `${month}-${String(index + 1).padStart(2, "0")}`;
    const one = found.get(`${check.target} ${check.check} ${day}`);
    if (!one) return element("span.day", { title: `${day}: did not run` });
    const outcome = one.failed ? "failed" : one.warned ? "warned" : "passed";
    const some = one.failed || one.warned;
    const title = `${day}: ${some ? `${some} of ${one.windows} ${outcome}` : `${one.windows} passed`}`;
    if (some) problems.push(title);
    return element(`span.day.${outcome}`, { title }, { failed: "✕", warned: "!", passed: "" }[outcome]);
  });
  const label = problems.length ? problems.join("; ") : "all checks passed";
  return element("span.days", { role: "img", "aria-label": label }, ...cells);
}
