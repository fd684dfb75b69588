// Visits every page of the router: axe-core in both colour schemes, no horizontal scrolling from 320
// pixels to 3840, no fault, no text of a value that is not there.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { visitPage, waitForFrames } from "./settle.mjs";
import { findWide } from "./widths.mjs";
import { fillPath, readRoutes, visitorOf } from "./routes.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const WIDTHS = [320, 3840];
const NOT_A_TEXT = /\b(undefined|NaN|\[object Object\])/;
const MACHINE_WORD = /\b[a-z][a-z0-9]*(_[a-z0-9]+)+\b/g;
/** Names of people and machines, which are shown as they are. */
const IDENTIFIERS = "code, kbd, samp, pre, .mono, textarea, input";

/** One result for each page: `{ name, failures }`. */
export async function* walkPages(session, only = "") {
  for (const route of readRoutes().filter(({ path }) => path.includes(only))) {
    yield { name: route.path, failures: await visit(await session.pageOf(visitorOf(route)), route, session.parameters) };
  }
}

async function visit({ page, faults }, route, parameters) {
  const { filled, missing } = fillPath(route.path, parameters);
  if (missing !== undefined) return [`no seed returns ${missing.map((name) => `'${name}'`).join(", ")}: tests/cloud/portal/seeds`];
  faults.length = faults.refused.length = 0;
  try {
    await page.emulateMedia({ colorScheme: "light" });
    await visitPage(page, filled);
    const failures = [...(await findViolations(page)), ...(await checkTexts(page, filled))];
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await findColourViolations(page);
    return [...failures, ...dark, ...(await checkWidths(page)), ...faults, ...faults.refused];
  } catch (error) {
    return [...faults, error.message.split("\n")[0]];
  } finally {
    await page.setViewportSize({ width: 1280, height: 900 });
  }
}

async function runAxe(page, options) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  return page.evaluate(async (given) => {
    const found = await window.axe.run(document, { ...given, resultTypes: ["violations"], iframes: false, preload: false });
    return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary.split("\n").slice(1).join(" ").trim()}`));
  }, options);
}

const findViolations = (page) => runAxe(page, { runOnly: { type: "tag", values: STANDARD } });

/** Only colours differ in the other scheme. */
async function findColourViolations(page) {
  const found = await runAxe(page, { runOnly: { type: "rule", values: ["color-contrast"] } });
  return found.map((one) => `dark: ${one}`);
}

async function checkTexts(page, address) {
  const { text, words, headings, path } = await page.evaluate(readTexts, IDENTIFIERS);
  const raw = new Set(words.match(MACHINE_WORD));
  return [
    ...(NOT_A_TEXT.test(text) ? [`the page shows ${NOT_A_TEXT.exec(text)[0]}`] : []),
    ...(raw.size > 0 ? [`the page shows names of the API, not words: ${[...raw].join(", ")}`] : []),
    ...(headings === 1 ? [] : [`${headings} headings of level 1`]),
    ...(path === new URL(address, "http://page").pathname ? [] : [`leads to ${path}`]),
  ];
}

/** Runs in the page: its visible texts, all and those of people. */
function readTexts(identifiers) {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const words = [];
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (parent.closest(identifiers) === null && (parent.checkVisibility() || parent.closest("details, select") !== null)) words.push(node.data);
  }
  return { text: document.body.innerText, words: words.join(" \n"), headings: document.querySelectorAll("h1").length, path: location.pathname };
}

async function checkWidths(page) {
  const failures = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    await page.evaluate(waitForFrames);
    const beyond = await page.evaluate(findWide);
    if (beyond !== null) failures.push(`at ${width} pixels the page is ${beyond.width} wide: ${beyond.element}`);
  }
  return failures;
}
