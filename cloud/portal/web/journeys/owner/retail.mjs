// An analyst of retail prices reviews: changes one price, is refused one below the cost, accepts
// others by keys and by choosing them, and sees them in force; then stops an experiment.

import assert from "node:assert/strict";

export default async function ({ open, parameters }) {
  const page = await open("pricing");
  await page.goto("/retail/recommendations");
  const list = page.getByRole("list", { name: "Recommendations" });
  const stores = await changeFirst(page, list);
  await acceptByKey(page, list);
  await acceptChosen(page, list);
  await seeActive(page, stores);
  await stopExperiment(page, parameters["/retail/experiments/$experiment"]);
}

/** A price below the cost is refused with the rule; another one is recorded. Returns its store. */
async function changeFirst(page, list) {
  const item = list.getByRole("listitem").first();
  const store = /S\d{3}/.exec(await item.innerText())[0];
  await item.getByRole("button", { name: "Change" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Price in GBP").fill("0.01");
  await dialog.getByLabel("Reason").fill("a rounder price");
  await dialog.getByRole("button", { name: "Set a price" }).click();
  await page.getByText("cost: 0.01").waitFor();
  await item.getByRole("button", { name: "Change" }).click();
  await dialog.getByLabel("Price in GBP").fill("1.55");
  await dialog.getByLabel("Reason").fill("a rounder price");
  await dialog.getByRole("button", { name: "Set a price" }).click();
  await page.getByText("1 decision is recorded").waitFor();
  return store;
}

async function acceptByKey(page, list) {
  const before = await list.getByRole("listitem").count();
  await list.getByRole("listitem").first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("a");
  await waitForCount(list, before - 1);
}

async function acceptChosen(page, list) {
  const before = await list.getByRole("listitem").count();
  for (const at of [0, 1]) await list.getByRole("listitem").nth(at).getByRole("checkbox").check({ force: true });
  await page.getByRole("button", { name: "Accept 2" }).click();
  await page.getByText("2 decisions are recorded").waitFor();
  await waitForCount(list, before - 2);
}

async function waitForCount(list, count) {
  await list.getByRole("listitem").nth(count).waitFor({ state: "detached" });
  assert.equal(await list.getByRole("listitem").count(), count);
}

async function seeActive(page, store) {
  await page.goto("/retail/prices");
  await page.getByRole("row", { name: new RegExp(`${store}.*£1\\.55.*changed recommendation`) }).waitFor();
}

async function stopExperiment(page, address) {
  await page.goto(address);
  await page.getByRole("button", { name: "Stop and roll back" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByLabel("Reason").fill("nearby stores mix the arms");
  await dialog.getByRole("button", { name: "Stop and roll back" }).click();
  await page.getByText("nearby stores mix the arms").waitFor();
}
