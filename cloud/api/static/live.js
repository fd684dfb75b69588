// The live page: asks the same API as everybody, every five seconds, and draws what it says.
// Text only ever enters the page through textContent, so no name in a sites file can become markup.

import { ago, ask, basisOf, prepareSignIn, refusalOf } from "/static/session.js";

const $ = (id) => document.getElementById(id);
const EVERY_MS = 5000;
const STALE_S = 120;
const state = { places: [], chosen: null, priced: null };

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

// Seconds since the newest minute that was reported, by the clock of the server; null: none yet.
const ageOf = ({ asked_at: now, reported_until: until }) =>
  until === null ? null : Math.max(0, (Date.parse(now) - Date.parse(until)) / 1000);

// The newest window, unless nothing has been reported since so long that it says nothing of now.
const current = (answer) => {
  const age = ageOf(answer);
  return age !== null && age < STALE_S ? answer.windows.at(-1) : undefined;
};

// ── the list ──

const listPlaces = () => {
  $("places").replaceChildren(...state.places.map((place) => {
    const button = element("button", { type: "button", "aria-pressed": place.id === state.chosen });
    const name = element("span", {}, place.name);
    const now = element("span", { class: "now", id: `now-${place.id}` }, "–");
    const id = element("span", { class: "id" }, place.id);
    button.append(name, now, id, element("span", { class: "unit", id: `unit-${place.id}` }, "no data"));
    button.addEventListener("click", () => choose(place.id));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
};

const refreshCrowds = () => Promise.all(state.places.map(async (place) => {
  const answer = await ask(`/api/audience/${encodeURIComponent(place.id)}?window=5m`);
  const latest = current(answer);
  $(`now-${place.id}`).textContent = latest ? figure(latest.crowd, 1) : "–";
  $(`unit-${place.id}`).textContent = latest ? "in view" : "no data";
  if (place.id === state.chosen) drawHour(place, answer);
}));

// ── one place ──

const drawHour = (place, answer) => {
  const { windows } = answer;
  const [latest, age] = [current(answer), ageOf(answer)];
  $("age").textContent = age === null ? "No report has come from here yet."
    : `Last report ${ago(age)}.${latest ? "" : " What is in view now is not known."}`;
  $("age").classList.toggle("stale", !latest);
  const whole = windows.reduce((sum, window) => ({
    entries: sum.entries + window.entries,
    onlookers: sum.onlookers + window.onlookers,
    visits: sum.visits + window.visits,
    attention_s: sum.attention_s + window.attention_s,
  }), { entries: 0, onlookers: 0, visits: 0, attention_s: 0 });
  const any = windows.length > 0;
  const rows = [
    ["in view now", latest ? figure(latest.crowd, 1) : "no data"],
    ["came into view", figure(any ? whole.entries : null)],
    ["really looked", figure(any ? whole.onlookers : null)],
    ["of all visits", whole.visits ? `${figure((100 * whole.onlookers) / whole.visits, 1)} %` : "–"],
    ["attention, all people", any ? `${figure(whole.attention_s)} s` : "–"],
  ];
  $("figures").replaceChildren(...rows.map(([name, value]) => {
    const box = document.createElement("div");
    box.append(element("dt", {}, name), element("dd", {}, value));
    return box;
  }));
  drawBars(place, windows);
};

const drawBars = (place, windows) => {
  const chart = $("hour");
  const [width, height, floor] = [widthOf(chart), 150, 122];
  chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const first = Math.floor(Date.now() / 300_000) - 11;
  const most = Math.max(1, ...windows.map((window) => window.entries));
  const pitch = width / 12;
  const every = pitch < 44 ? 3 : 1;
  const marks = [shape("line", { x1: 0, x2: width, y1: floor, y2: floor, class: "axis" })];
  for (let step = 0; step < 12; step += 1) {
    const opens = (first + step) * 300_000;
    const found = windows.find((window) => Date.parse(window.starts_at) === opens);
    const x = step * pitch + pitch * 0.13;
    const [wide, middle] = [pitch * 0.74, step * pitch + pitch / 2];
    const tall = (count) => (count / most) * (floor - 20);
    if (found) {
      const [entries, onlookers] = [tall(found.entries), tall(found.onlookers)];
      marks.push(shape("rect", { x, y: floor - entries, width: wide, height: entries, rx: 3, class: "entries" }));
      marks.push(shape("rect", { x, y: floor - onlookers, width: wide, height: onlookers, rx: 3, class: "onlookers" }));
      marks.push(shape("text", { x: middle, y: floor - entries - 5, "text-anchor": "middle", class: "strong" }, figure(found.entries)));
    } else {
      const absent = shape("text", { x: middle, y: floor - 6, "text-anchor": "middle", class: "absent" }, every > 1 ? "–" : "no data");
      absent.append(shape("title", {}, "no data"));
      marks.push(absent);
    }
    if (step % every === 0) marks.push(shape("text", { x: every > 1 ? x : middle, y: height - 10, "text-anchor": every > 1 ? "start" : "middle" }, clock(opens, place.timezone)));
  }
  chart.replaceChildren(...marks);
};

// Charts are drawn at the width that they are shown at, so that their letters are never scaled down.
const widthOf = (chart) => Math.max(280, Math.round(chart.getBoundingClientRect().width));

// ── one price ──

const showPrice = async () => {
  const place = state.places.find((one) => one.id === state.chosen);
  const slot = `${$("day").value}T${$("hour-of-day").value}:00`;
  try {
    const answer = await ask(`/api/pricing/slot/${place.id}/${slot}`);
    $("refusal").textContent = "";
    const range = `${money(answer.price_p10, answer.currency)} to ${money(answer.price_p90, answer.currency)}`;
    const onSale = element("small", {}, answer.availability.sentence);
    $("price").replaceChildren(money(answer.price, answer.currency), element("small", {}, range), onSale);
    state.priced = answer;
    drawWaterfall(answer);
    $("reasons").replaceChildren(...answer.factors.map((factor) => {
      const item = document.createElement("li");
      const value = Number(factor.value).toLocaleString("en-GB", { maximumFractionDigits: 4 });
      item.append(element("span", {}, factor.name), element("span", { class: "value" }, `× ${value}`), element("span", {}, factor.reason));
      return item;
    }));
    $("stands-on").textContent = basisOf(answer);
  } catch (refused) {
    $("refusal").textContent = refusalOf(refused);
    state.priced = null;
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
  const chart = $("waterfall");
  const width = widthOf(chart);
  const most = Math.max(...steps.flatMap((step) => [step.from, step.to])) || 1;
  const [height, marks] = width < 620 ? inRows(steps, width, most, answer.currency) : inColumns(steps, width, most, answer.currency);
  chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
  chart.replaceChildren(...marks);
};

const inColumns = (steps, width, most, currency) => {
  const [height, floor] = [240, 205];
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
    marks.push(shape("text", { x: x + wide / 2, y: top - 7, "text-anchor": "middle", class: "strong" }, money(step.to, currency)));
    marks.push(shape("text", { x: x + wide / 2, y: floor + 18, "text-anchor": "middle" }, step.name));
  });
  return [height, marks];
};

// On a narrow screen one row for each step: its name, its bar, the amount so far.
const inRows = (steps, width, most, currency) => {
  const [left, right, pitch] = [92, 76, 26];
  const along = (amount) => left + (amount / most) * (width - left - right);
  const marks = steps.flatMap((step, index) => {
    const [from, to] = [along(Math.min(step.from, step.to)), along(Math.max(step.from, step.to))];
    const y = index * pitch + 4;
    return [
      shape("text", { x: 0, y: y + 13 }, step.name),
      shape("rect", { x: from, y, width: Math.max(2, to - from), height: pitch - 8, rx: 3, class: step.class }),
      shape("text", { x: width, y: y + 13, "text-anchor": "end", class: "strong" }, money(step.to, currency)),
    ];
  });
  return [steps.length * pitch, marks];
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

const refresh = () => refreshCrowds().catch((refused) => { $("refusal").textContent = refusalOf(refused); });

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
  prepareSignIn();
  addEventListener("resize", () => { refresh(); if (state.priced) drawWaterfall(state.priced); });
  state.places = (await ask("/api/locations")).locations;
  choose(state.places[0].id);
  setInterval(refresh, EVERY_MS);
};

start().catch((refused) => { $("refusal").textContent = refusalOf(refused); });
