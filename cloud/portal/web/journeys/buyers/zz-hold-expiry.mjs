// A hold is kept for longer, then it expires: its basket stays readable, and is priced again as a new one.
// It advances the clock of the server, so it is the last journey.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { fillBasket, holdBasket } from "../lib/basket.mjs";

export default async function ({ open, parameters }) {
  const advance = async (seconds) => writeFile(parameters.clock, String(Number(await readFile(parameters.clock, "utf8")) + seconds));
  const page = await open("advertiser");
  await page.goto("/orders");
  await fillBasket(page, { location: "LS-01", days: 5, hours: [10] });
  await holdBasket(page);

  await advance(270); // of five minutes
  await page.reload();
  const dialog = page.getByRole("alertdialog", { name: "Your hold is about to expire" });
  await dialog.getByRole("button", { name: "Keep for longer" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.match(await page.locator(".hold-clock").innerText(), /^[45]:\d\d$/);

  await advance(320);
  await page.reload();
  await page.getByText("Your hold has expired").waitFor();
  await page.getByText("price at that time").waitFor();
  await page.getByRole("button", { name: "Price these hours again" }).click();
  await page.getByRole("button", { name: "Hold these hours" }).waitFor();
  await page.getByText("Your hold has expired").waitFor();
}
