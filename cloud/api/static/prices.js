// The prices of one screen on one day, hour by hour: asked as one batch, drawn with their band.
// Hours are those of the forecast, so a day of 23 or 25 of them comes out right.
// Text only ever enters the page through textContent, so no name in a sites file can become markup.

import { ask, basisOf, prepareSignIn, refusalOf } from "/static/session.js";

const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const [HEIGHT, LEFT, TOP, FLOOR] = [260, 56, 16, 222];
const ON_SALE = {
  past: () => "past", sold_out: () => "sold out", available: ({ free, positions }) => `${free} of ${positions} free`, unknown: () => "not recorded",
};
const state = { places: [], answers: [], chosen: null, asked: 0 };

const made = (created, attributes, text) => {
  for (const [key, value] of Object.entries(attributes)) created.setAttribute(key, value);
  created.textContent = text;
  return created;
};
const element = (name, attributes = {}, text = "") => made(document.createElement(name), attributes, text);
const shape = (name, attributes, text = "") => made(document.createElementNS(SVG, name), attributes, text);
// Without `digits`, as many decimals as the currency has.
const money = (amount, currency, digits) =>
  new Intl.NumberFormat("en-GB", { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits }).format(amount);
const number = (value, digits) => Number(value).toLocaleString("en-GB", { maximumFractionDigits: digits });

// The clock of the place as the API wrote it: the offset tells the doubled hour of the autumn apart.
const hourOf = (answer) => answer.slot.local.slice(11, 16);
const named = (answer) => {
  const twice = state.answers.filter((one) => hourOf(one) === hourOf(answer)).length > 1;
  const offset = answer.slot.local.slice(19).replace("Z", "+00:00");
  return twice ? `${hourOf(answer)} (UTC${offset})` : hourOf(answer);
};

// ── the day ──

const show = async () => {
  const turn = (state.asked += 1);
  const place = $("place").value;
  const query = new URLSearchParams({ from: $("day").value, days: "1" });
  const { hours } = await ask(`/api/pricing/forecast/${encodeURIComponent(place)}?${query}`);
  const slots = hours.map((hour) => ({ location: place, time_slot: hour.starts_at }));
  const { answers } = await ask("/api/pricing/batch", { slots });
  if (turn !== state.asked) return; // another day was chosen meanwhile
  const refused = answers.find((one) => one.refused);
  if (refused) throw new Error(refused.refused);
  state.answers = answers.map((one) => one.price);
  $("refusal").textContent = "";
  draw();
  list();
  const dearest = state.answers.reduce((best, one) => (one.price_minor > best.price_minor ? one : best));
  explain(state.answers.find((one) => one.slot.starts_at === state.chosen) ?? dearest);
  summarise(dearest);
};

const summarise = (dearest) => {
  const { currency, name } = dearest;
  const prices = state.answers.map((one) => Number(one.price));
  const total = prices.reduce((sum, price) => sum + price, 0);
  $("whole-day").replaceChildren(money(total, currency), element("small", {}, "the whole day, one loop position"));
  $("day-summary").textContent = `${name}: ${state.answers.length} hours from ` +
    `${money(Math.min(...prices), currency)} to ${money(dearest.price, currency)}, dearest at ${named(dearest)}.`;
};

const draw = () => {
  const { answers } = state;
  const { currency } = answers[0];
  // Drawn at the width that it is shown at, so that its letters are never scaled down.
  const WIDTH = Math.max(280, Math.round($("day-chart").getBoundingClientRect().width));
  const every = WIDTH < 500 ? 6 : 3;
  const most = scaleFor(Math.max(...answers.map((one) => Number(one.price_p90))));
  const level = (amount) => FLOOR - (Number(amount) / most) * (FLOOR - TOP);
  const pitch = (WIDTH - LEFT) / answers.length;
  const along = (amounts, back = false) => {
    const points = amounts.flatMap((amount, at) => [`${LEFT + at * pitch},${level(amount)}`, `${LEFT + (at + 1) * pitch},${level(amount)}`]);
    return (back ? points.reverse() : points).join(" ");
  };
  const marks = [0, 0.25, 0.5, 0.75, 1].flatMap((part) => [
    shape("line", { x1: LEFT, x2: WIDTH, y1: level(most * part), y2: level(most * part), class: "axis" }),
    shape("text", { x: LEFT - 8, y: level(most * part) + 4, "text-anchor": "end" }, money(most * part, currency, most < 20 ? undefined : 0)),
  ]);
  const [lows, highs] = [answers.map((one) => one.price_p10), answers.map((one) => one.price_p90)];
  marks.push(shape("polygon", { points: `${along(highs)} ${along(lows, true)}`, class: "band" }));
  answers.forEach((one, at) => {
    const mark = shape("rect", { x: LEFT + at * pitch, y: TOP, width: pitch, height: FLOOR - TOP, class: "hour", "data-at": one.slot.starts_at });
    mark.addEventListener("click", () => explain(one));
    mark.append(shape("title", {}, `${named(one)}  ${money(one.price, currency)}`));
    marks.push(mark);
    if (Number(hourOf(one).slice(0, 2)) % every === 0) marks.push(shape("text", { x: LEFT + at * pitch + 2, y: FLOOR + 20 }, hourOf(one)));
  });
  marks.push(shape("polyline", { points: along(answers.map((one) => one.price)), class: "price" }));
  $("day-chart").setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  $("day-chart").replaceChildren(...marks);
};

// The next amount whose quarters are round.
const scaleFor = (amount) => {
  const power = 10 ** Math.floor(Math.log10(Math.max(amount, 1)));
  return power * [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].find((step) => step * power >= amount);
};

const list = () => {
  $("hours").replaceChildren(...state.answers.map((one) => {
    const button = element("button", { type: "button", "aria-pressed": "false", "data-at": one.slot.starts_at }, named(one));
    button.addEventListener("click", () => explain(one));
    const head = element("th", { scope: "row" });
    head.append(button);
    const row = element("tr");
    const range = `${money(one.price_p10, one.currency)} to ${money(one.price_p90, one.currency)}`;
    row.append(head, element("td", {}, money(one.price, one.currency)), element("td", {}, range), element("td", {}, number(one.expected.attention_s.p50, 0)), element("td", {}, ON_SALE[one.availability.status](one.availability)));
    row.classList.toggle("past", one.availability.status === "past");
    return row;
  }));
};

// ── one hour ──

const explain = (one) => {
  state.chosen = one.slot.starts_at;
  for (const mark of document.querySelectorAll("[data-at]")) {
    const chosen = mark.dataset.at === state.chosen;
    mark.classList.toggle("chosen", chosen);
    if (mark.tagName === "BUTTON") mark.setAttribute("aria-pressed", chosen);
  }
  $("hour-title").textContent = `${named(one)}: ${money(one.base_rate, one.currency)} × factors = ${money(one.price, one.currency)}`;
  $("reasons").replaceChildren(...one.factors.map((factor) => {
    const item = element("li");
    item.append(element("span", {}, factor.name), element("span", { class: "value" }, `× ${number(factor.value, 4)}`), element("span", {}, factor.reason));
    return item;
  }));
  $("stands-on").textContent = `${one.availability.sentence}. ${basisOf(one)}`;
};

// ── the rest ──

const refuse = (refused) => {
  $("refusal").textContent = refusalOf(refused);
  state.answers = [];
  for (const id of ["whole-day", "day-chart", "hours", "reasons"]) $(id).replaceChildren();
  for (const id of ["day-summary", "hour-title", "stands-on"]) $(id).textContent = "";
};

const start = async () => {
  prepareSignIn();
  addEventListener("resize", () => { if (state.answers.length) draw(); });
  $("ask").addEventListener("submit", (event) => event.preventDefault());
  for (const id of ["place", "day"]) $(id).addEventListener("change", () => show().catch(refuse));
  state.places = (await ask("/api/locations")).locations;
  $("place").append(...state.places.map((place) => element("option", { value: place.id }, `${place.name} (${place.id})`)));
  const wanted = new URLSearchParams(location.search);
  $("place").value = wanted.get("location") ?? state.places[0].id;
  $("day").value = wanted.get("day") ?? new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  await show();
};

start().catch(refuse);
