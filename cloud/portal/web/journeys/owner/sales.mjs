// Sales sets a price with its reason, previews a rate card, approves a creative and withdraws a
// proposal; the advertiser accepts another, which becomes an order.

import assert from "node:assert/strict";

const DAYS_AHEAD = 5;
const DAY_MS = 86_400_000;

export default async function ({ open }) {
  const page = await open("sales");
  await setPrice(page);
  await previewCard(page);
  await meetConflict(page, await open("admin"));
  await approveCreative(page);
  await withdraw(page, "Launch week");
  await accept(await open("advertiser"), "Winter mornings");
}

async function setPrice(page) {
  await page.goto("/sales/overrides");
  await page.getByRole("button", { name: "Set a price" }).click();
  const dialog = page.getByRole("dialog");
  await choose(page, dialog, /Screen/, /LB-01/);
  await dialog.getByLabel("Date").fill(new Date(Date.now() + DAYS_AHEAD * DAY_MS).toISOString().slice(0, 10));
  await choose(page, dialog, /Hour/, "09:00");
  await dialog.getByText("the base rate is").waitFor();
  await dialog.getByLabel("Price in GBP").fill("0.01");
  await dialog.getByLabel("Reason").fill("agreed in March");
  await dialog.getByRole("button", { name: "Set a price" }).click();
  await dialog.getByText("the floor and the ceiling").waitFor();
  await dialog.getByLabel("Price in GBP").fill("25.00");
  await dialog.getByRole("button", { name: "Set a price" }).click();
  await page.getByRole("row", { name: /LB-01.*£25\.00.*agreed in March/ }).waitFor();
}

async function previewCard(page) {
  await page.goto("/sales/rate-card");
  const row = page.getByRole("group", { name: "morning peak" });
  await row.getByLabel("Factor").fill("1.9");
  await page.getByRole("button", { name: "Preview" }).click();
  await page.getByText("Where the change comes from").first().waitFor();
  await page.getByRole("row", { name: /Hours of the day: morning peak, factor.*1\.4.*1\.9/ }).waitFor();
  await row.getByLabel("Factor").fill("900");
  await page.getByRole("button", { name: "Preview" }).click();
  await row.getByText("less than or equal to 100").waitFor();
}

/** Two people put a card: the second one is told, and keeps what was entered. */
async function meetConflict(slow, fast) {
  for (const page of [slow, fast]) {
    await page.goto("/sales/rate-card");
    await page.getByRole("group", { name: "morning peak" }).getByLabel("Factor").fill(page === slow ? "1.7" : "1.5");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByText("Where the change comes from").first().waitFor();
  }
  await putCard(fast);
  await fast.getByText("is stored and takes effect at its moment").waitFor();
  await putCard(slow);
  await slow.getByText("Somebody else has put a card meanwhile").waitFor();
  await slow.getByRole("button", { name: "Read their card" }).click();
  await slow.getByRole("row", { name: /reference-3/ }).waitFor();
  assert.equal(await slow.getByRole("group", { name: "morning peak" }).getByLabel("Factor").inputValue(), "1.7");
}

async function putCard(page) {
  await page.getByRole("button", { name: "Put in force" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByLabel("Reason").fill("spring tariff");
  await dialog.getByRole("button", { name: "Put in force" }).click();
}

async function approveCreative(page) {
  await page.goto("/sales/approvals?kind=creative");
  const row = page.getByRole("row", { name: /winter-tea-10s/ });
  await row.getByRole("button", { name: "Decide" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Approve" }).click();
  await page.getByText("The decision is recorded").waitFor();
  assert.equal(await row.count(), 0);
}

async function withdraw(page, name) {
  await page.goto("/sales/proposals");
  await page.getByRole("row", { name: new RegExp(name) }).getByRole("button", { name: "Details" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
  const decision = page.getByRole("alertdialog");
  assert.ok(await decision.getByRole("button", { name: "Withdraw" }).isDisabled());
  await decision.getByLabel("Reason").fill("the screen is closed");
  await decision.getByRole("button", { name: "Withdraw" }).click();
  await page.getByRole("dialog").getByText("the screen is closed").waitFor();
}

async function accept(page, name) {
  await page.goto("/sales/proposals?state=offered");
  await page.getByRole("row", { name: new RegExp(name) }).getByRole("button", { name: "Details" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Accept" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Accept" }).click();
  await page.getByRole("link", { name: "Open the order" }).waitFor();
}

/** Chooses an option of a list; its words are in the name of its button. */
async function choose(page, within, list, option) {
  await within.getByRole("button", { name: list }).click();
  await page.getByRole("option", { name: option }).first().click();
}
