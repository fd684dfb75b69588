// The server of a live page restarts: the page says so, connects again by itself, and shows what was
// counted meanwhile, once.

import assert from "node:assert/strict";

const SCREEN = "BA-01";

export default async function ({ open, parameters }) {
  const act = (name) => fetch(`${parameters.controls}/${name}`, { method: "POST" });
  const page = await open("operations");
  await page.addInitScript(recordEvents);
  await page.goto(`/live?location=${SCREEN}`);
  await page.getByRole("status").getByText("Live", { exact: true }).waitFor();
  await act("report");
  await waitForEntries(page, 5);

  await act("stop");
  try {
    await page.getByText("Interrupted: connecting again").waitFor();
    await act("report");
    await act("report");
  } finally {
    await act("start");
  }
  await waitForEntries(page, 15);
  await page.getByText("Interrupted: connecting again").waitFor({ state: "detached" });
  await act("report");
  await waitForEntries(page, 20);

  const entries = await page.evaluate((screen) => globalThis.windows.filter((one) => one.location === screen).map((one) => one.entries), SCREEN);
  assert.deepEqual(entries.filter((one, at) => one !== entries[at - 1]), [5, 15, 20]);
}

/** Keeps every window that the stream brings, in order. */
function recordEvents() {
  globalThis.windows = [];
  globalThis.EventSource = class extends EventSource {
    constructor(...given) {
      super(...given);
      super.addEventListener("window", (event) => globalThis.windows.push(JSON.parse(event.data)));
    }
  };
}

const waitForEntries = (page, entries) =>
  page.waitForFunction(([screen, wanted]) => globalThis.windows.some((one) => one.location === screen && one.entries === wanted), [SCREEN, entries]);
