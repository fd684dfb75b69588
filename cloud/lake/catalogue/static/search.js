
const field = document.getElementById("search");
const rows = [...document.querySelectorAll("tr[data-search]")];
function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of rows) {
    row.hidden = !words.every((word) => row.dataset.search.includes(word));
  }
  const shown = rows.filter((row) => !row.hidden).length;
  document.getElementById("found").textContent = `${shown} of ${rows.length} tables`;
}
field.addEventListener("input", search);
field.form.hidden = false;
search();
