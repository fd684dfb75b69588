// An analyst reads the map, saves a view, schedules its report and exports the figures. An advertiser sees campaigns only.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

const MORNINGS = "/analytics/map?days=14&hour_from=7&hour_until=10";

export default async function ({ open }) {
  const page = await open("sales");
  await page.goto(MORNINGS);
  await readMap(page);
  await saveView(page);
  await scheduleReport(page);
  await page.getByRole("link", { name: "Station mornings" }).click();
  await page.waitForURL(`**${MORNINGS}`);
  await page.getByRole("button", { name: /14 days/ }).waitFor();

  const advertiser = await open("advertiser");
  await advertiser.goto("/analytics/map");
  await advertiser.getByRole("heading", { name: "You may not see this", level: 1 }).waitFor();
  await advertiser.goto("/analytics/campaigns");
  await advertiser.getByRole("heading", { name: "Return of campaigns", level: 1 }).waitFor();
}

async function readMap(page) {
  await page.getByRole("button", { name: /^KX-01 King's Cross.*% observed/ }).waitFor();
  const table = page.getByRole("table", { name: "Attention by location" });
  const unobserved = table.getByRole("row", { name: /Balham/ });
  assert.match(await unobserved.innerText(), /—.*not observed/s);
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save as CSV" }).click()]);
  const lines = (await readFile(await file.path(), "utf8")).trim().split("\r\n");
  assert.equal(lines.length, 9);
  assert.match(lines[0], /Location,Id,Rate,Lower limit,Upper limit,Observed,Visits,State/);
  assert.match(lines.find((line) => line.includes("BA-01")), /,BA-01,,,,0,,not observed$/);
}

async function saveView(page) {
  await page.getByRole("button", { name: "Save this view" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Station mornings");
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved as “Station mornings”").waitFor();
}

async function scheduleReport(page) {
  await page.getByRole("link", { name: "Saved views" }).click();
  await page.getByRole("button", { name: "Schedule: Station mornings" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Every month").click();
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("row", { name: /Station mornings/ }).getByText("day 1, 07:00").waitFor();
}
