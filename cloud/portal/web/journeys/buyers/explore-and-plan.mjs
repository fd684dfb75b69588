// An advertiser compares screens, finds why an hour costs what it does, adds it to the basket, and plans a budget.

import assert from "node:assert/strict";

export default async function ({ open }) {
  const page = await open("advertiser");
  await page.goto("/explore");
  await page.getByRole("checkbox", { name: "Compare Oxford Circus, Bakerloo escalator" }).click({ force: true });
  await page.getByRole("grid", { name: /^Oxford Circus.* one row for each day/ }).waitFor();
  await chooseHour(page);
  await findReasons(page);
  await addToBasket(page);
  await plan(page);
}

/** With the keyboard alone; the address keeps what was chosen. */
async function chooseHour(page) {
  const grid = page.getByRole("grid", { name: /^King's Cross/ });
  await grid.locator('[data-row="1"][data-hour="8"]').focus();
  await page.keyboard.press("ArrowRight");
  const focused = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  assert.match(focused, /09:00: £.* people · £.* for 1,000 s of attention · \d of 6 positions free/);
  assert.equal(await page.locator(".hour-grid-value").first().innerText(), focused);
  await page.keyboard.press("Enter");
  await page.waitForURL(/hour=KX-01/);
  await page.reload();
  await page.getByRole("grid", { name: /^Oxford Circus/ }).waitFor();
}

async function findReasons(page) {
  const steps = page.getByRole("table", { name: /^How the price of King's Cross/ });
  await steps.waitFor();
  const text = await steps.innerText();
  for (const word of ["Base rate", "attention seconds expected in the hour"]) assert.ok(text.includes(word), `${word} in ${text}`);
  await page.getByText(/Rate card reference-2 \(.*\), forecast/).waitFor();
}

async function addToBasket(page) {
  await page.getByRole("button", { name: "Add to basket" }).click();
  await page.getByRole("link", { name: "Open the basket" }).click();
  await page.waitForURL("**/basket");
  await page.getByText("King's Cross St Pancras").first().waitFor();
}

async function plan(page) {
  await page.goto("/plan");
  await page.getByRole("link", { name: "Use the brief Winter tea" }).click();
  await page.getByLabel("Budget, GBP").fill("700");
  await page.getByRole("button", { name: "Compute the plan" }).click();
  await page.waitForURL(/\/plan\/[0-9a-f]{32}$/);
  await page.getByText(/best plan that there is|No plan whatever can bring more/).waitFor();
  await page.getByText(/£10\.00 more would bring about/).waitFor();
  await page.getByRole("button", { name: /^Put all \d+ hours into the basket$/ }).click();
  await page.getByText("The plan is in your basket.").waitFor();
}
