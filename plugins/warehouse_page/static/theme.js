// Light or dark: as Airflow's own switch says, which it keeps in this browser under "theme"; else as the system does.
const system = matchMedia("(prefers-color-scheme: dark)");

function apply() {
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {
    // A browser that keeps nothing has no choice of Airflow's either.
  }
  const dark = chosen === "dark" || (chosen !== "light" && system.matches);
  document.documentElement.classList.toggle("dark", dark);
}

apply();
system.addEventListener("change", apply);
addEventListener("storage", (event) => {
  if (event.key === null || event.key === "theme") apply();
});
