const field = document.getElementById("search");
const rows = [...document.querySelectorAll("tr[data-search]")];
const groups = [...document.querySelectorAll("tbody")];
function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of rows) {
    row.hidden = !words.every((word) => row.dataset.search.includes(word));
  }
  for (const group of groups) {
    group.hidden = !group.querySelector("tr[data-search]:not([hidden])");
  }
  const shown = rows.filter((row) => !row.hidden).length;
  document.getElementById("found").textContent = `${shown} of ${rows.length} tables`;
}
field.addEventListener("input", search);
field.form.addEventListener("submit", (event) => event.preventDefault());
field.form.hidden = false;
search();
