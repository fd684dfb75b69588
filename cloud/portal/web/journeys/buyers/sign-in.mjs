// A user signs in and is led back to the page that was asked for; an expired session loses nothing.

import assert from "node:assert/strict";

export default async function ({ open, parameters }) {
  const user = { email: parameters.changing, password: "correct horse battery" };
  const page = await open(null);
  await page.goto("/account?from=mail");
  await page.getByLabel("E-mail address").fill(user.email);
  await page.getByLabel("Password").fill("wrong horse battery");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("is not right").waitFor();
  await page.getByLabel("Password").fill(user.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/account?from=mail");
  assert.equal(await page.evaluate(() => document.cookie), "");

  await page.getByLabel("Current password").fill(user.password);
  await page.getByLabel("New password").fill("short");
  await page.context().clearCookies();
  await page.getByLabel("New password").fill("seven green bottles");
  await page.getByRole("button", { name: "Change the password" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByLabel("E-mail address").fill(user.email);
  await dialog.getByLabel("Password").fill(user.password);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("The password is changed").waitFor();
  assert.equal(await page.getByLabel("New password").inputValue(), "");
}
