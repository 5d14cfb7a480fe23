// The shorter sections of the page: tables, rejects, fields, the report.
import { blank, element, table } from "./dom.js";
import { count, exact, minute, moment } from "./format.js";
import { runLink } from "./links.js";

const GONE = "The table does not exist, or may not be read.";

/** Return the tables with their rows, last load and freshness. */
export function tables(found) {
  if (!found.length) return blank("Nothing has been loaded yet. Trigger the DAG to see its tables here.");
  const rows = found.map((one) => [
    one.name,
    one.rows === null ? element("span.soft", { title: GONE }, "unavailable") : count(one.rows),
    moment(one.loaded_at),
    freshness(one),
    one.newest ? time(one.newest) : "–",
  ]);
  return table("Tables", ["Table", "Rows.number", "Last load", "Latest window", "Newest event"], rows);
}

// Not "loaded up to": hours before the latest window may be missing.
function freshness({ reaches, rebuilt_at: rebuilt }) {
  // ISO strings in UTC sort by time.
  if (reaches && !(rebuilt > reaches)) return element("span", {}, "until ", time(reaches));
  return rebuilt ? element("span", {}, "all files as of ", moment(rebuilt)) : "–";
}

function time(text) {
  const ago = element("span.soft", {}, "(", moment(text), ")");
  return element("span.nowrap", { title: exact(text) }, minute(text), " ", ago);
}

function column(one) {
  return one.column ? element("span.mono", {}, `${one.column}: `) : null;
}

/** Return the rejected records; only users who may edit the DAG get their lines. */
export function rejects(dagId, { rejects: found, rejects_count: total, rejects_with_lines: withLines }) {
  if (!found.length) return [blank(`No rejected records of ${dagId}. Other DAGs are not shown here.`)];
  const rows = found.map((one) => [
    element("span.mono.any", { title: `s3://${one.bucket}/${one.object_key}` }, one.object_key),
    count(one.line_number),
    element("span", {}, column(one), one.reason, withLines ? element("code.line.mono", {}, one.line) : null),
    runLink(dagId, one.run_id, moment(one.rejected_at)),
  ]);
  const all = found.length === total;
  const shown = all ? `${count(total)} in total.` : `The latest ${count(found.length)} of ${count(total)}.`;
  const hidden = withLines ? "" : " Only users who may edit the DAG see the lines.";
  const columns = ["File.any", "Line.number", "Reason.block", "Run.nowrap"];
  return [element("p.soft", {}, shown + hidden), table("Rejected records", columns, rows)];
}

const DIFFERENCES = {
  new: "is not the name of a column",
  added: "had no column, which was added",
  not_added: "has no column, and none can be added",
  case: "differs from the column only in upper and lower case",
  moved: "is not at the position of its column",
  extra: "is after the last column, so COPY refuses it",
  missing: "is in no record",
  record: "is a record, where the file should have its header",
  type: "has values that do not fit its column",
};

/** Return the fields that do not match the columns of their table. */
export function fields(dagId, found) {
  if (!found.length) return blank("The fields of all files match the columns of their tables.");
  const rows = found.map((one) => [
    one.staging,
    element("span.mono.any", {}, one.field),
    element("span", {}, column(one), DIFFERENCES[one.kind] ?? one.kind, one.details ? ` (${one.details})` : ""),
    element("span.mono.any", { title: `s3://${one.bucket}/${one.object_key}` }, one.object_key),
    runLink(dagId, one.run_id, moment(one.found_at)),
  ]);
  return table("Fields that differ", ["Table", "Field.any", "Difference.block", "File.any", "Run.nowrap"], rows);
}

/** Return the report in a sandboxed frame, or the reason why there is none. */
export function report({ published_at: published, message }) {
  if (message) return [blank(message)];
  const sandbox = "allow-same-origin allow-downloads";
  const frame = element("iframe", { src: "report/", title: "The report", sandbox, loading: "lazy" });
  return [element("p.soft", {}, "Published ", moment(published), "."), element("div.body", {}, frame)];
}
