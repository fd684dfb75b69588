const DAY_MS = 86400000;
const HEIGHT = 290, RIGHT = 14, TOP = 44, BOTTOM = 26, LABEL = 80, CHARACTER = 7;

function addTrend(holder) {
  const plot = JSON.parse(holder.dataset.trend);
  const table = tables[plot.table];
  const changes = plot.changes && tables[plot.changes.table];
  const position = (name) => table.columns.findIndex((one) => one.name === name);
  const x = position(plot.x), weight = plot.weight ? position(plot.weight) : -1;
  const dates = listDates(table, x);
  const controls = create("div", { class: "controls" });
  const measure = addSelect(controls, "Shown", plot.measures.map((name) => [name, table.columns[position(name)].title]), plot.measures[0]);
  const choosers = plot.choose.map((name) => {
    const known = [...new Set(table.rows.map((row) => row[position(name)]).filter((one) => one !== null))].sort(compareValues);
    const options = known.map((one) => [String(one), writeValue(one, table.columns[position(name)])]);
    if (weight >= 0) options.unshift(["", "all"]);
    return [name, addSelect(controls, table.columns[position(name)].title, options, firstChoice(name) ?? options[0][0])];
  });
  const drawing = create("div", { class: "drawing" });
  const slider = create("input", { type: "range", min: 0, max: dates.length - 1, value: dates.length - 1 });
  const reading = create("output");
  const note = create("p", { role: "status" });
  holder.replaceChildren(controls, drawing, create("label", { class: "reading" }, `${table.columns[x].title} `, slider), reading, note);
  let points = [];

  function firstChoice(name) {
    if (!changes?.rows.length || name !== plot.changes.by) return null;
    return String(changes.rows[0][findColumn(changes, name)]);
  }

  function readPoints() {
    const at = position(measure.value), sums = new Map();
    for (const row of table.rows) {
      const isChosen = choosers.every(([name, select]) => select.value === "" || String(row[position(name)]) === select.value);
      if (!isChosen || row[at] === null) continue;
      const share = weight < 0 ? 1 : row[weight] ?? 0;
      const [total, count] = sums.get(row[x]) ?? [0, 0];
      sums.set(row[x], [total + row[at] * share, count + share]);
    }
    return dates.map((date) => {
      const [total, count] = sums.get(date) ?? [0, 0];
      return { date, value: count > 0 ? total / count : null, count };
    });
  }

  function chosenChanges() {
    if (!changes || measure.value !== plot.changes.of) return [];
    const by = choosers.find(([name]) => name === plot.changes.by)?.[1].value;
    const [group, on, before, after] = ["by", "day", "before", "after"].map((part) => findColumn(changes, plot.changes[part]));
    const found = changes.rows.filter((row) => by && String(row[group]) === by);
    return found.map((row) => ({ on: row[on], before: row[before], after: row[after] })).sort((a, b) => compareValues(a.on, b.on));
  }

  function draw() {
    points = readPoints();
    const column = table.columns[position(measure.value)];
    const found = chosenChanges();
    drawing.replaceChildren(drawTrend({ points, column, changes: found, width: Math.max(drawing.clientWidth, 260), at: Number(slider.value), isTimed: isTimed(table, x), axis: table.columns[x] }));
    note.textContent = found.map((one) => `From ${one.on} the mean changed from ${writeValue(one.before, column)} to ${writeValue(one.after, column)}.`).join(" ");
    read();
  }

  function read() {
    const point = points[slider.value];
    if (!point) return;
    const column = table.columns[position(measure.value)];
    const counted = weight < 0 || point.value === null ? "" : `, ${table.columns[weight].title.toLowerCase()}: ${writeValue(point.count, table.columns[weight])}`;
    const text = `${writeValue(point.date, table.columns[x])}: ${column.title} ${writeValue(point.value, column)}${counted}`;
    reading.textContent = text;
    slider.setAttribute("aria-valuetext", text);
    drawing.firstElementChild?.moveTo(Number(slider.value));
  }

  drawing.addEventListener("pointermove", (event) => {
    const nearest = drawing.firstElementChild?.nearest(event.clientX - drawing.getBoundingClientRect().left);
    if (nearest === undefined || String(nearest) === slider.value) return;
    slider.value = nearest;
    read();
  });
  slider.addEventListener("input", read);
  for (const select of [measure, ...choosers.map(([, one]) => one)]) select.addEventListener("change", draw);
  let width = 0;
  new ResizeObserver(() => { if (drawing.clientWidth !== width) { width = drawing.clientWidth; draw(); } }).observe(drawing);
  draw();
}

const findColumn = (table, name) => table.columns.findIndex((one) => one.name === name);
const isTimed = (table, x) => ["date", "month"].includes(table.columns[x].kind);

/** Every month between the first and the last; other values as they occur. */
function listDates(table, x) {
  const known = [...new Set(table.rows.map((row) => row[x]).filter((one) => one !== null))].sort(compareValues);
  if (table.columns[x].kind !== "month" || !known.length) return known;
  const months = [], last = known.at(-1);
  for (let at = new Date(known[0]); at.toISOString().slice(0, 10) <= last; at.setUTCMonth(at.getUTCMonth() + 1)) months.push(at.toISOString().slice(0, 10));
  return months;
}

/** The end of the axis: 1, 2, 2.5 or 5 times a power of ten, at least the greatest value. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value || 1));
  return [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= value) ?? value;
}

function drawTrend({ points, column, changes, width, at, isTimed, axis }) {
  const place = isTimed ? (date) => Date.parse(date) / DAY_MS : (date) => points.findIndex((one) => one.date === date);
  const known = points.map((one) => one.value).filter((one) => one !== null);
  const values = [...known, ...changes.flatMap((one) => [one.before, one.after])];
  const most = roundUp(Math.max(0, ...values)), least = Math.min(0, ...values);
  const ticks = [0, 1, 2, 3, 4].map((step) => least + (most - least) * step / 4);
  const margin = 10 + CHARACTER * Math.max(...ticks.map((one) => writeValue(one, column).length));
  const [first, last] = [place(points[0]?.date), place(points.at(-1)?.date)];
  const toX = (date) => margin + (place(date) - first) * (width - margin - RIGHT) / (last - first || 1);
  const toY = (value) => TOP + (most - value) * (HEIGHT - TOP - BOTTOM) / (most - least || 1);
  const span = points.length ? `${writeValue(points[0].date, axis)} to ${writeValue(points.at(-1).date, axis)}` : MISSING;
  const svg = create("svg", { role: "img", "aria-label": `${column.title}, ${span}`, width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}` });
  for (const value of ticks) {
    const y = toY(value);
    svg.append(create("line", { x1: margin, x2: width - RIGHT, y1: y, y2: y, class: "axis" }));
    svg.append(create("text", { x: margin - 7, y: y + 4, class: "quiet", "text-anchor": "end" }, writeValue(value, column)));
  }
  drawDates(svg, points, toX, width - margin, width, axis);
  changes.forEach((change, number) => {
    const [start, on, end] = [changes[number - 1]?.on ?? points[0]?.date, change.on, changes[number + 1]?.on ?? points.at(-1)?.date].map(toX);
    svg.append(create("line", { x1: on, x2: on, y1: 2, y2: HEIGHT - BOTTOM, class: "change" }));
    svg.append(create("line", { x1: start, x2: on, y1: toY(change.before), y2: toY(change.before), class: "mean" }));
    svg.append(create("line", { x1: on, x2: end, y1: toY(change.after), y2: toY(change.after), class: "mean" }));
    const isRight = on > width / 2;
    const left = { x: Math.max(on - 6, LABEL), y: TOP - 10, "text-anchor": "end" };
    const right = { x: Math.min(on + 6, width - LABEL), y: TOP - 10 };
    svg.append(create("text", left, `mean ${writeValue(change.before, column)}`));
    svg.append(create("text", right, `mean ${writeValue(change.after, column)}`));
    svg.append(create("text", { x: on + (isRight ? -6 : 6), y: 14, "text-anchor": isRight ? "end" : "start" }, `from ${change.on}`));
  });
  svg.append(create("path", { class: "trend", d: writePath(points, toX, toY) }));
  for (const point of points) if (point.value !== null) svg.append(create("circle", { cx: toX(point.date), cy: toY(point.value), r: 3, class: "bar" }));
  const cursor = create("line", { y1: TOP, y2: HEIGHT - BOTTOM, class: "cursor" }), dot = create("circle", { r: 6, class: "cursor" });
  svg.append(cursor, dot);
  svg.moveTo = (index) => {
    const point = points[index];
    if (!point) return;
    for (const name of ["x1", "x2"]) cursor.setAttribute(name, toX(point.date));
    dot.toggleAttribute("hidden", point.value === null);
    dot.setAttribute("cx", toX(point.date));
    dot.setAttribute("cy", toY(point.value ?? 0));
  };
  svg.nearest = (left) => {
    const distances = points.map((one) => Math.abs(toX(one.date) - left));
    return distances.length ? distances.indexOf(Math.min(...distances)) : undefined;
  };
  svg.moveTo(at);
  return svg;
}

function drawDates(svg, points, toX, room, width, axis) {
  const most = Math.max(2, Math.floor((room - RIGHT) / 90));
  const every = Math.ceil((points.length - 1) / most) || 1;
  points.forEach((point, index) => {
    if (index % every !== 0) return;
    const x = toX(point.date), isLast = x > width - RIGHT - 30;
    svg.append(create("text", { x: isLast ? width : x, y: HEIGHT - 6, class: "quiet", "text-anchor": isLast ? "end" : index === 0 ? "start" : "middle" }, writeValue(point.date, axis)));
  });
}

/** A line through neighbouring points; where one has no value there is a gap. */
function writePath(points, toX, toY) {
  let isOpen = false;
  return points.map((point) => {
    const step = point.value === null ? "" : `${isOpen ? "L" : "M"}${toX(point.date).toFixed(1)} ${toY(point.value).toFixed(1)}`;
    isOpen = point.value !== null;
    return step;
  }).join("");
}

document.querySelectorAll("[data-trend]").forEach(addTrend);
