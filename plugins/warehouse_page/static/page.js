// Fetch the data and show it. The page has no credentials of its own: it uses Airflow's session cookie.
import "./theme.js";
import { checks } from "./checks.js";
import { blank, fill } from "./dom.js";
import { moment, since } from "./format.js";
import { heatMap } from "./heat.js";
import { runs } from "./runs.js";
import { fields, rejects, report, tables } from "./sections.js";

const known = { runs: null, warehouse: null };
const month = document.getElementById("month");
const before = document.getElementById("month-before");
const after = document.getElementById("month-after");
let latestRequest = 0;

async function fetchJson(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  if (answer.ok) return answer.json();
  if (answer.status === 401) throw new Error("You are logged out. Log in to Airflow again, and reload this page.");
  if (answer.status === 403) throw new Error("You may not read this DAG. Ask your Airflow administrator.");
  throw new Error(`Airflow responded with status ${answer.status}. See the log of the API server.`);
}

function notice(text) {
  const place = document.getElementById("notice");
  place.textContent = text;
  place.hidden = !text;
}

async function showRuns() {
  known.runs = await fetchJson("data/runs");
  showBoth();
}

function showBoth() {
  const readAt = known.warehouse?.read_at;
  const by = known.runs ? `Loaded by ${known.runs.dag_id}. ` : "";
  fill("about", `${by}Times are UTC.`, ...(readAt ? [" The warehouse was read ", moment(readAt), "."] : []));
  if (known.runs) fill("runs-body", runs(known.runs, known.warehouse?.loads ?? null));
}

async function showWarehouse(wanted) {
  const request = ++latestRequest;
  document.body.setAttribute("aria-busy", "true");
  const question = fetchJson(wanted ? `data/warehouse?month=${wanted}` : "data/warehouse");
  const answer = await question.catch((error) => ({ message: error.message }));
  // Of several requested months, only the last one is shown.
  if (request !== latestRequest) return;
  document.body.removeAttribute("aria-busy");
  notice(answer.message ?? "");
  if (answer.message) {
    for (const id of ["tables-body", "hours-body", "checks-body", "rejects-body", "fields-body"]) {
      fill(id, blank("The warehouse cannot be read at the moment: see the message above."));
    }
    return;
  }
  known.warehouse = answer;
  const dagId = known.runs?.dag_id ?? answer.dag_id;
  fill("tables-body", tables(answer.tables));
  fill("hours-body", ...heatMap(dagId, answer.hours));
  fill("checks-body", ...checks(dagId, answer));
  fill("rejects-body", ...rejects(dagId, answer));
  fill("fields-body", fields(dagId, answer.drift));
  [month.value, month.min, month.max] = [answer.month, answer.first_month, answer.last_month];
  month.disabled = false;
  before.disabled = answer.month <= answer.first_month;
  after.disabled = answer.month >= answer.last_month;
  showBoth();
}

async function showReport() {
  fill("report-body", ...report(await fetchJson("data/report")));
}

function moved(months) {
  const [year, number] = month.value.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + months, 1)).toISOString().slice(0, 7);
}

function showAll() {
  showRuns().catch((error) => fill("runs-body", blank(error.message)));
  showWarehouse(month.value);
  showReport().catch((error) => fill("report-body", blank(error.message)));
}

document.getElementById("reload").addEventListener("click", showAll);
before.addEventListener("click", () => showWarehouse(moved(-1)));
after.addEventListener("click", () => showWarehouse(moved(1)));
month.addEventListener("change", () => {
  if (month.value && month.reportValidity()) showWarehouse(month.value);
});

// Keep relative times up to date.
setInterval(() => {
  for (const time of document.querySelectorAll("time")) time.textContent = since(time.dateTime);
}, 30000);

showAll();
