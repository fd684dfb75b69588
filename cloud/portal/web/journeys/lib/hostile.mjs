// Every name and free text of every answer is replaced by a hostile one, as if each had been stored:
// it must be shown as text, run nothing, and neither break the page nor make it wider than its window.

import { visitPage } from "./settle.mjs";
import { findWide } from "./widths.mjs";
import { fillPath, readRoutes, visitorOf } from "./routes.mjs";

const RIGHT_TO_LEFT = "\u202e";
const HOSTILE = `<img src=x onerror="window.hostile=1"><script>window.hostile=1</script>${RIGHT_TO_LEFT}txt.exe {{7*7}} ${"W".repeat(200)}`;
const LONG = `${HOSTILE}${"long ".repeat(1_000)}${"L".repeat(4_800)}`;
const NAMES = new Set([
  "name", "title", "label", "account_name", "location_name", "campaign_name", "brand_name", "advertiser",
  "note", "description", "comment", "subject", "reference", "by", "actor", "message",
]);
const TEXTS = new Set(["reason", "detail", "sentence", "text"]);
const NARROW = { width: 320, height: 720 };

export function makeHostile(value, key = "") {
  if (Array.isArray(value)) return value.map((one) => makeHostile(one, key));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, makeHostile(one, name)]));
  }
  if (typeof value !== "string") return value;
  if (NAMES.has(key)) return value.length % 7 === 0 ? LONG : HOSTILE;
  return TEXTS.has(key) && value.includes(" ") ? HOSTILE : value;
}

/** One result for each page: `{ name: "hostile /live", failures }`. */
export async function* walkHostile(session, only = "") {
  const hostile = new Set();
  for (const route of readRoutes().filter(({ path, roles }) => path.includes(only) && roles !== "public")) {
    const one = await session.pageOf(visitorOf(route));
    if (!hostile.has(one)) await makeAnswersHostile(one.page);
    hostile.add(one);
    const { filled, missing } = fillPath(route.path, session.parameters);
    if (missing === undefined) yield { name: `hostile ${route.path}`, failures: await visit(one, filled) };
  }
}

/** From the next load of the page on, in a narrow window. What was loaded before is forgotten. */
async function makeAnswersHostile(page) {
  await page.goto("about:blank");
  await page.setViewportSize(NARROW);
  await page.emulateMedia({ colorScheme: "light" });
  await page.route(/\/api\/(?!live|.*\/live)/, async (handled) => {
    const answer = await handled.fetch({ maxRetries: 2 });
    const type = answer.headers()["content-type"] ?? "";
    if (!type.includes("json")) return handled.fulfill({ response: answer });
    return handled.fulfill({ response: answer, json: makeHostile(await answer.json()) });
  });
}

async function visit({ page, faults }, address) {
  faults.length = 0;
  try {
    await visitPage(page, address);
    const found = await page.evaluate(() => ({
      ran: "hostile" in window,
      injected: document.querySelectorAll("[onerror], img[src='x'], body script").length,
      fault: document.querySelector("h1")?.textContent === "Something went wrong",
    }));
    const wide = await page.evaluate(findWide);
    return [
      ...(found.ran ? ["a script of a name has run"] : []),
      ...(found.injected > 0 ? ["a name has become an element"] : []),
      ...(wide === null ? [] : [`hostile names make the page ${wide.width} wide: ${wide.element}`]),
      ...(found.fault ? ["the page fails with hostile names"] : []),
      ...faults,
    ];
  } catch (error) {
    return [error.message.split("\n")[0]];
  }
}
