// An operator finds a sick camera, acknowledges its alert, changes its configuration after a preview,
// asks it for a coarse picture, starts a canary rollout and rolls it back. Hostile texts of the device
// stay texts.

import assert from "node:assert/strict";

const SICK = "ls-01-sim";

export default async function ({ open }) {
  const page = await open("operations");
  page.on("dialog", () => assert.fail("a text of a device was executed"));
  await findCamera(page);
  await askForPicture(page);
  await acknowledge(page);
  await changeConfig(page);
  await rollOutAndBack(page);
}

async function findCamera(page) {
  await page.goto("/operations/fleet");
  await page.getByText("With an alarm", { exact: true }).last().click();
  await page.waitForURL("**show=alarming");
  await page.getByRole("link", { name: SICK }).click();
  await page.getByRole("heading", { level: 1, name: SICK }).waitFor();
  await page.getByText("<img src=x").first().waitFor();
  assert.equal(await page.locator("main img").count(), 0);
}

/** The journey answers in place of the camera, at the address that the job gives to it. */
async function askForPicture(page) {
  await page.getByRole("button", { name: "Ask for a picture" }).click();
  await page.getByText("Waiting for the camera").waitFor();
  const { jobs } = await (await page.request.get("/api/fleet/jobs")).json();
  const { url } = jobs.find((one) => one.document.operation === "preview").document;
  const grey = Buffer.from(Array.from({ length: 32 * 18 }, (_, at) => (at * 7) % 256)).toString("base64");
  const data = { device: SICK, taken_at: new Date().toISOString(), width: 32, height: 18, grey };
  const finer = await page.request.put(url, { data: { ...data, width: 33 } });
  assert.equal(finer.status(), 422);
  assert.equal((await page.request.put(url, { data })).status(), 204);
  await page.getByRole("img", { name: "Picture of 32 × 18 grey blocks" }).waitFor();
}

async function acknowledge(page) {
  await page.getByRole("link", { name: "All alerts of this camera" }).click();
  const alert = page.getByRole("listitem", { name: /^Camera sees little/ });
  await alert.focus();
  await page.keyboard.press("a");
  await page.getByRole("dialog").getByLabel("Note").fill("technician on site at 14:00");
  await page.getByRole("dialog").getByRole("button", { name: "Acknowledge" }).click();
  await alert.getByText("acknowledged", { exact: true }).waitFor();
}

async function changeConfig(page) {
  await page.goto(`/operations/config?device=${SICK}`);
  await page.getByText("report_interval_ms").click();
  const field = page.getByRole("textbox", { name: "report_interval_ms" });
  await field.fill("20000");
  await field.blur();
  await page.getByRole("button", { name: "Show what changes" }).click();
  await page.getByRole("row", { name: /30000.*20000/ }).waitFor();
  await page.getByRole("button", { name: "Apply to 1 camera" }).click();
  await page.getByText("Applied to 1 camera").waitFor();
}

async function rollOutAndBack(page) {
  await page.goto("/operations/rollouts/new");
  await page.getByText("The whole fleet").click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("Model", { exact: true }).fill("onlooker-face:0.4.0");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: /^Start on 2 cameras/ }).click();
  await page.waitForURL("**/operations/jobs/onlooker-face-0-4-0-2");
  await page.getByRole("button", { name: "Roll back" }).click();
  const question = page.getByRole("alertdialog");
  await question.getByRole("button", { name: "Roll back" }).click();
  await question.getByText("Rolled back").waitFor();
}
