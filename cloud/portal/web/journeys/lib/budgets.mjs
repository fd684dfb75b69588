// node journeys/lib/budgets.mjs CONFIG.json: bytes and time of a first load, and what the live page costs.

import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const { address, chromium: executablePath, seconds, screens } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });

async function measureLoad() {
  const context = await browser.newContext();
  const page = await context.newPage();
  const network = await context.newCDPSession(page);
  let bytes = 0;
  network.on("Network.loadingFinished", (event) => { bytes += event.encodedDataLength; });
  await network.send("Network.enable");
  await page.goto(address);
  await page.getByRole("heading", { level: 1 }).waitFor();
  const ready = await page.evaluate(() => performance.now() / 1000);
  await context.close();
  return { bytes, ready };
}

async function measureLive() {
  const page = await browser.newPage();
  await page.goto(`${address}/live`);
  await page.waitForFunction((count) => [...document.querySelectorAll(".live-list .unit")].filter((one) => one.textContent === "in view").length === count, screens, { timeout: 60_000 });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  const read = async () => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    return metrics.find((one) => one.name === "TaskDuration").value;
  };
  const before = await read();
  await new Promise((done) => setTimeout(done, seconds * 1000));
  return (100 * ((await read()) - before)) / seconds;
}

const loads = [await measureLoad(), await measureLoad(), await measureLoad()];
process.stdout.write(JSON.stringify({
  "first load, kB gzip": loads[0].bytes / 1000,
  "interactive, s": Math.min(...loads.map((one) => one.ready)),
  "live page, % of a core": await measureLive(),
}));
await browser.close();
