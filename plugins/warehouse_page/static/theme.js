// Light or dark: the choice in Airflow's UI, stored in this browser as "theme", otherwise that of the system.
const system = matchMedia("(prefers-color-scheme: dark)");

function apply() {
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {
    // Without local storage there is no stored choice.
  }
  const dark = chosen === "dark" || (chosen !== "light" && system.matches);
  document.documentElement.classList.toggle("dark", dark);
}

apply();
system.addEventListener("change", apply);
addEventListener("storage", (event) => {
  if (event.key === null || event.key === "theme") apply();
});
