const PAGE_ROWS = 50;

function addTable(holder) {
  const table = tables[holder.dataset.table];
  const body = holder.querySelector("tbody");
  const count = holder.lastElementChild;
  const state = { words: [], column: -1, down: false, first: 0 };
  const texts = table.rows.map((row) => row.map((value, at) => writeValue(value, table.columns[at])).join(" ").toLowerCase());

  function list() {
    const found = table.rows.filter((_, at) => state.words.every((word) => texts[at].includes(word)));
    if (state.column < 0) return found;
    const sign = state.down ? -1 : 1;
    return found.sort((one, other) => {
      const [a, b] = [one[state.column], other[state.column]];
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * compareValues(a, b);
    });
  }

  function draw() {
    const rows = list();
    state.first = Math.min(state.first, Math.floor(Math.max(rows.length - 1, 0) / PAGE_ROWS) * PAGE_ROWS);
    const shown = rows.slice(state.first, state.first + PAGE_ROWS);
    body.replaceChildren(...shown.map((row) => newRow(row, table.columns)));
    const range = shown.length ? `${(state.first + 1).toLocaleString("en-GB")} to ${(state.first + shown.length).toLocaleString("en-GB")} of ` : "";
    count.textContent = `${range}${rows.length.toLocaleString("en-GB")} rows`;
    earlier.disabled = state.first === 0;
    later.disabled = state.first + PAGE_ROWS >= rows.length;
  }

  const search = create("input", { type: "search", autocomplete: "off" });
  const earlier = create("button", { type: "button" }, "Previous rows");
  const later = create("button", { type: "button" }, "Next rows");
  search.addEventListener("input", () => {
    state.words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    state.first = 0;
    draw();
  });
  earlier.addEventListener("click", () => { state.first -= PAGE_ROWS; draw(); });
  later.addEventListener("click", () => { state.first += PAGE_ROWS; draw(); });
  const heads = [...holder.querySelectorAll("thead th")];
  heads.forEach((head, at) => {
    const button = create("button", { type: "button" }, head.textContent);
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      state.down = state.column === at ? !state.down : FIGURES.has(table.columns[at].kind);
      state.column = at;
      state.first = 0;
      heads.forEach((one) => one.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      draw();
    });
  });
  holder.querySelector(".scroll").before(create("div", { class: "controls" }, create("label", {}, "Rows with ", search)));
  count.setAttribute("role", "status");
  count.before(create("div", { class: "controls" }, earlier, later));
  if (table.rows.length <= PAGE_ROWS) earlier.parentElement.hidden = true;
  draw();
}

function newRow(row, columns) {
  return create("tr", {}, ...row.map((value, at) => {
    const cell = at === 0 ? create("th", { scope: "row" }) : create("td");
    cell.textContent = writeValue(value, columns[at]);
    if (FIGURES.has(columns[at].kind)) cell.classList.add("number");
    if (["date", "month"].includes(columns[at].kind)) cell.classList.add("date");
    if (value === null) cell.classList.add("quiet");
    return cell;
  }));
}

document.querySelectorAll("[data-table]").forEach(addTable);
