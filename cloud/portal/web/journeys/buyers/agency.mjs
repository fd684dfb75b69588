// An agency books for one client, changes to the other one, sees nothing of the first there, and saves
// the invoices of both.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { fillBasket, holdBasket, orderBasket } from "../lib/basket.mjs";

export default async function ({ open }) {
  const page = await open("agency");
  await page.goto("/explore");
  await page.getByRole("heading", { name: "Choose a client", level: 1 }).waitFor();
  await page.getByRole("button", { name: "Acme" }).click();
  await page.getByRole("grid", { name: /one row for each day/ }).first().waitFor();
  await fillBasket(page, { location: "LB-01", days: 4, hours: [10], client: "acme" });
  await holdBasket(page);
  await orderBasket(page, "Agency tea");
  await page.getByRole("button", { name: "Book on account" }).click();
  await page.getByRole("heading", { name: "The order is booked" }).waitFor();
  await page.goto("/orders");
  await page.getByRole("link", { name: "Agency tea" }).click();
  await page.getByRole("heading", { name: "Agency tea" }).waitFor();

  await choose(page, "Bolt");
  await page.getByText("This belongs to Acme").waitFor();
  await page.goto("/orders");
  await page.getByRole("row", { name: /Bolt launch/ }).waitFor();
  assert.equal(await page.getByRole("row", { name: /Acme|tea/ }).count(), 0);
  assert.deepEqual(await saveInvoices(page), ["bolt"]);

  await choose(page, "Acme");
  assert.deepEqual(await saveInvoices(page), ["acme"]);
  await choose(page, "All clients");
  await page.getByRole("row", { name: /Bolt/ }).first().waitFor();
  await page.getByRole("row", { name: /Acme/ }).first().waitFor();
}

async function choose(page, name) {
  await page.getByRole("button", { name: /^Client/ }).click();
  await page.getByRole("option", { name, exact: true }).click();
}

/** The accounts of the file of invoices. */
async function saveInvoices(page) {
  await page.goto("/invoices");
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "All as CSV" }).click()]);
  const [head, ...rows] = (await readFile(await file.path(), "utf8")).trim().split("\r\n");
  const column = head.split(",").indexOf("account");
  return [...new Set(rows.map((row) => row.split(",")[column]))];
}
