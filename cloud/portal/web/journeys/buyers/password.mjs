// A user who was invited chooses a password with the link of the mail, signs in with it, and asks for another link.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

/** The token of the mail, which is sent after the answer. */
async function readToken({ mails, invited }) {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const text = await readFile(mails, "utf8").catch(() => "");
    const found = new RegExp(`To: ${invited}\\n[^]*/password#(\\S+)`).exec(text);
    if (found) return found[1];
    await setTimeout(50);
  }
  throw new Error(`no mail to ${invited} has a link`);
}

export default async function ({ open, parameters }) {
  const page = await open(null);
  await page.goto(`/password#${parameters.invitation}`);
  await page.getByLabel("New password").fill("seven green bottles");
  assert.equal(await page.evaluate(() => location.hash), "");
  await page.getByRole("button", { name: "Choose a password" }).click();
  await page.getByText("The password is set").waitFor();
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await page.getByLabel("E-mail address").fill(parameters.invited);
  await page.getByLabel("Password").fill("seven green bottles");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Welcome, Eve" }).waitFor();

  await page.goto("/password");
  await page.getByRole("button", { name: "Send a link" }).click();
  assert.equal(await page.getByLabel("E-mail address").getAttribute("aria-invalid"), "true"); // nothing is entered
  await page.getByLabel("E-mail address").fill(parameters.invited);
  await page.getByRole("button", { name: "Send a link" }).click();
  await page.getByText("a link is on its way").waitFor();
  await page.goto(`/password#${await readToken(parameters)}`);
  await page.getByLabel("New password").waitFor();
}
