// Links to Airflow's own pages. Airflow shows this page in a frame that may not navigate the window, so a click is
// repeated on a link in the window itself.
import { element } from "./dom.js";

/** Return a link to a run of the DAG in Airflow's UI. */
export function runLink(dagId, runId, ...children) {
  return element("a", { href: runAddress(dagId, runId), "data-airflow": true }, ...children);
}

/** Return the address of a run in Airflow's UI, relative to this page. */
export function runAddress(dagId, runId) {
  return `../dags/${encodeURIComponent(dagId)}/runs/${encodeURIComponent(runId)}`;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-airflow]");
  if (!link || parent === window) return;
  event.preventDefault();
  const own = parent.document.createElement("a");
  own.href = link.href;
  const { ctrlKey, metaKey, shiftKey } = event;
  own.dispatchEvent(new parent.MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey, metaKey, shiftKey }));
});
