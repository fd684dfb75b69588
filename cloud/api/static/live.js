// The live page: asks the same API as everybody, every five seconds, and draws what it says.
// Text only ever enters the page through textContent, so no name in an estate can become markup.

const $ = (id) => document.getElementById(id);
const EVERY_MS = 5000;
const STALE_MS = 300_000;
const state = { places: [], chosen: null };

const ask = async (path) => {
  const key = sessionStorage.getItem("key");
  const answer = await fetch(path, { headers: key ? { "x-api-key": key } : {} });
  if (answer.status === 401) $("unlock").hidden = false;
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail ?? answer.statusText);
  return body;
};

const element = (name, attributes = {}, text = "") => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
};

const shape = (name, attributes, text = "") => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
};

const money = (amount, currency) =>
  new Intl.NumberFormat("en-GB", { style: "currency", currency }).format(amount);
const figure = (value, digits = 0) =>
  value === null || value === undefined ? "–" : value.toLocaleString("en-GB", { maximumFractionDigits: digits });
const clock = (instant, zone) =>
  new Date(instant).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });

// The newest window, unless it is so old that it says nothing of now.
const current = (windows) => {
  const latest = windows.at(-1);
  return latest && Date.parse(latest.ends_at) > Date.now() - STALE_MS ? latest : undefined;
};

// ── the list ──

const listPlaces = () => {
  $("places").replaceChildren(...state.places.map((place) => {
    const button = element("button", { type: "button", "aria-pressed": place.id === state.chosen });
    const name = element("span", {}, place.name);
    const now = element("span", { class: "now", id: `now-${place.id}` }, "–");
    const id = element("span", { class: "id" }, place.id);
    button.append(name, now, id, element("span", { class: "unit" }, "in view"));
    button.addEventListener("click", () => choose(place.id));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
};

const refreshCrowds = () => Promise.all(state.places.map(async (place) => {
  const { windows } = await ask(`/api/audience/${place.id}?window=5m`);
  const latest = current(windows);
  $(`now-${place.id}`).textContent = latest ? figure(latest.crowd, 1) : "–";
  if (place.id === state.chosen) drawHour(place, windows);
}));

// ── one place ──

const drawHour = (place, windows) => {
  const latest = current(windows);
  const whole = windows.reduce((sum, window) => ({
    entries: sum.entries + window.entries,
    onlookers: sum.onlookers + window.onlookers,
    visits: sum.visits + window.visits,
    looking_s: sum.looking_s + window.looking_s,
  }), { entries: 0, onlookers: 0, visits: 0, looking_s: 0 });
  const any = windows.length > 0;
  const rows = [
    ["in view now", figure(latest?.crowd, 1)],
    ["came into view", figure(any ? whole.entries : null)],
    ["really looked", figure(any ? whole.onlookers : null)],
    ["of all visits", whole.visits ? `${figure((100 * whole.onlookers) / whole.visits, 1)} %` : "–"],
    ["looking, all together", any ? `${figure(whole.looking_s)} s` : "–"],
  ];
  $("figures").replaceChildren(...rows.map(([name, value]) => {
    const box = document.createElement("div");
    box.append(element("dt", {}, name), element("dd", {}, value));
    return box;
  }));
  drawBars(place, windows);
};

const drawBars = (place, windows) => {
  const [width, height, floor] = [720, 150, 122];
  const chart = $("hour");
  chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const first = Math.floor(Date.now() / 300_000) - 11;
  const most = Math.max(1, ...windows.map((window) => window.entries));
  const marks = [shape("line", { x1: 0, x2: width, y1: floor, y2: floor, class: "axis" })];
  for (let step = 0; step < 12; step += 1) {
    const opens = (first + step) * 300_000;
    const found = windows.find((window) => Date.parse(window.starts_at) === opens);
    const x = step * 60 + 8;
    const tall = (count) => (count / most) * (floor - 20);
    if (found) {
      const [entries, onlookers] = [tall(found.entries), tall(found.onlookers)];
      marks.push(shape("rect", { x, y: floor - entries, width: 44, height: entries, rx: 3, class: "entries" }));
      marks.push(shape("rect", { x, y: floor - onlookers, width: 44, height: onlookers, rx: 3, class: "onlookers" }));
      marks.push(shape("text", { x: x + 22, y: floor - entries - 5, "text-anchor": "middle", class: "strong" }, figure(found.entries)));
    } else {
      marks.push(shape("text", { x: x + 22, y: floor - 6, "text-anchor": "middle" }, "unseen"));
    }
    marks.push(shape("text", { x: x + 22, y: height - 10, "text-anchor": "middle" }, clock(opens, place.timezone)));
  }
  chart.replaceChildren(...marks);
};

// ── one price ──

const showPrice = async () => {
  const place = state.places.find((one) => one.id === state.chosen);
  const slot = `${$("day").value}T${$("hour-of-day").value}:00`;
  try {
    const answer = await ask(`/api/pricing/slot/${place.id}/${slot}`);
    $("refusal").textContent = "";
    const range = `${money(answer.low, answer.currency)} to ${money(answer.high, answer.currency)}`;
    $("price").replaceChildren(money(answer.price, answer.currency), element("small", {}, range));
    drawWaterfall(answer);
    $("reasons").replaceChildren(...answer.factors.map((factor) => {
      const item = document.createElement("li");
      const value = Number(factor.value).toLocaleString("en-GB", { maximumFractionDigits: 4 });
      item.append(element("span", {}, factor.name), element("span", { class: "value" }, `× ${value}`), element("span", {}, factor.reason));
      return item;
    }));
    $("stands-on").textContent =
      `Stands on ${answer.stands_on.reason}. Rate card ${answer.versions.rate_card}, forecast ${answer.versions.forecast}.`;
  } catch (refused) {
    $("refusal").textContent = refused.message;
    for (const id of ["price", "waterfall", "reasons", "stands-on"]) $(id).replaceChildren();
  }
};

const drawWaterfall = (answer) => {
  const base = Number(answer.base_rate);
  const steps = [{ name: "base rate", from: 0, to: base, class: "total" }];
  let running = base;
  for (const factor of answer.factors) {
    const next = running * Number(factor.value);
    steps.push({ name: factor.name, from: running, to: next, class: next >= running ? "up" : "down" });
    running = next;
  }
  steps.push({ name: "price", from: 0, to: Number(answer.price), class: "total" });
  const [width, height, floor] = [720, 240, 205];
  const most = Math.max(...steps.flatMap((step) => [step.from, step.to])) || 1;
  const level = (amount) => floor - (amount / most) * (floor - 30);
  const pitch = width / steps.length;
  const marks = [shape("line", { x1: 0, x2: width, y1: floor, y2: floor, class: "axis" })];
  steps.forEach((step, index) => {
    const [top, bottom] = [level(Math.max(step.from, step.to)), level(Math.min(step.from, step.to))];
    const x = index * pitch + pitch * 0.14;
    const wide = pitch * 0.72;
    marks.push(shape("rect", { x, y: top, width: wide, height: Math.max(2, bottom - top), rx: 3, class: step.class }));
    if (index < steps.length - 1) {
      marks.push(shape("line", { x1: x + wide, x2: x + pitch, y1: level(step.to), y2: level(step.to), class: "axis" }));
    }
    marks.push(shape("text", { x: x + wide / 2, y: top - 7, "text-anchor": "middle", class: "strong" }, money(step.to, answer.currency)));
    marks.push(shape("text", { x: x + wide / 2, y: floor + 18, "text-anchor": "middle" }, step.name));
  });
  const chart = $("waterfall");
  chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
  chart.replaceChildren(...marks);
};

// ── the rest ──

const choose = (id) => {
  state.chosen = id;
  const place = state.places.find((one) => one.id === id);
  $("name").textContent = place.name;
  const { width_m: wide, height_m: high } = place.screen;
  $("where").textContent = `${place.id} · ${place.placement.replaceAll("_", " ")} · ${wide} × ${high} m · ` +
    `${money(place.base_rate, place.currency)} an hour before factors`;
  listPlaces();
  refresh();
  showPrice();
};

const refresh = () => refreshCrowds().catch((refused) => { $("refusal").textContent = refused.message; });

const nextWorkingDay = () => {
  const day = new Date(Date.now() + 86_400_000);
  while ([0, 6].includes(day.getUTCDay())) day.setUTCDate(day.getUTCDate() + 1);
  return day.toISOString().slice(0, 10);
};

const start = async () => {
  $("hour-of-day").append(...Array.from({ length: 24 }, (_, hour) => {
    const written = String(hour).padStart(2, "0");
    return element("option", { value: written }, `${written}:00`);
  }));
  $("day").value = nextWorkingDay();
  $("hour-of-day").value = "08";
  for (const id of ["day", "hour-of-day"]) $(id).addEventListener("change", showPrice);
  $("ask").addEventListener("submit", (event) => event.preventDefault());
  $("unlock").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("key", $("key").value.trim());
    location.reload();
  });
  state.places = (await ask("/api/locations")).locations;
  choose(state.places[0].id);
  setInterval(refresh, EVERY_MS);
};

start().catch((refused) => { $("refusal").textContent = refused.message; });
