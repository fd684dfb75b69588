"use strict";
const MISSING = "no data";
const SCALES = { money: [100, 2], basis_points: [100, 2], thousandths: [1000, 1] };
const FIGURES = new Set(["count", "hours", "days", ...Object.keys(SCALES)]);
const tables = {};
for (const block of document.querySelectorAll("script[data-rows]")) {
  tables[block.dataset.rows] = JSON.parse(block.textContent);
}

function writeValue(value, column) {
  if (value === null) return MISSING;
  if (column.kind === "month") return String(value).slice(0, 7);
  if (typeof value !== "number" || !FIGURES.has(column.kind)) return String(value);
  const [scale, places] = SCALES[column.kind] ?? [1, 0];
  const steps = Math.round(Math.abs(value) / (scale / 10 ** places));
  const number = (steps / 10 ** places).toLocaleString("en-GB", { minimumFractionDigits: places, maximumFractionDigits: places });
  const shown = value < 0 && steps > 0 ? `-${number}` : number;
  if (column.kind === "basis_points") return `${shown} %`;
  return column.currency ? `${shown} ${column.currency}` : shown;
}

function compareValues(one, other) {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other), "en", { numeric: true });
}

function create(tag, attributes = {}, ...children) {
  const isDrawn = ["svg", "path", "line", "circle", "text", "rect", "title"].includes(tag);
  const made = isDrawn ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function addSelect(holder, label, options, chosen) {
  const select = create("select");
  for (const [value, text] of options) select.append(create("option", { value }, text));
  select.value = chosen;
  holder.append(create("label", {}, `${label} `, select));
  return select;
}
