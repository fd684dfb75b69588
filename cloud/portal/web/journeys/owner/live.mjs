// Operations watch a screen: its figures now, a screen that stopped, one that was never measured.
// With the keyboard alone: skip link, screens, colours, menu of a narrow window.

import assert from "node:assert/strict";

export default async function ({ open }) {
  const page = await open("operations");
  await page.goto("/live");
  const list = page.getByRole("region", { name: "Screens" });
  await list.getByRole("button", { name: /KX-01/ }).getByText("in view").waitFor();
  await page.getByText("Last report").waitFor();
  assert.match(await page.getByRole("img", { name: /In the last hour/ }).getAttribute("aria-label"), /\d+ people came into view/);

  await list.getByRole("button", { name: /WA-01/ }).click();
  await page.getByText("What is in view now is not known").waitFor();
  await list.getByRole("button", { name: /ST-01/ }).click();
  await page.getByText("No report has come from here yet").waitFor();
  assert.match(page.url(), /location=ST-01/);

  await page.reload();
  await page.getByText("No report has come from here yet").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "content");

  await page.getByRole("button", { name: /Colours/ }).press("Enter");
  await page.getByRole("menuitemradio", { name: "Dark" }).press("Enter");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await page.setViewportSize({ width: 360, height: 720 });
  await page.getByRole("button", { name: "Menu" }).press("Enter");
  await page.getByRole("menuitem", { name: "Live" }).waitFor();
}
