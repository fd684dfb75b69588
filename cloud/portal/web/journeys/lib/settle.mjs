// When a page has settled: nothing is loading, no request is under way, everything is drawn.

const PATIENCE_MS = 60_000;
const underWay = new WeakMap();

/** Records the requests of a page. Streams of events never end, so they do not count. */
export function trackRequests(page) {
  const requests = new Set();
  underWay.set(page, requests);
  page.on("request", (request) => { if (request.resourceType() !== "eventsource") requests.add(request); });
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => requests.delete(request));
}

/**
 * Until the page is there and nothing more comes. The functions run in the page at each frame:
 * `waitForSelector` would look only twice a second.
 */
export async function settle(page) {
  const requests = underWay.get(page);
  const endsAt = Date.now() + PATIENCE_MS;
  do {
    if (Date.now() > endsAt) throw new Error(`still under way: ${[...requests].map((one) => one.url()).join(", ")}`);
    await page.waitForFunction(() => document.querySelector("#content") !== null && document.querySelector(".loading") === null);
    await page.evaluate(waitForFrames);
  } while (requests.size > 0);
}

/** Runs in the page: until its letters are there, and what has changed is drawn. */
export async function waitForFrames() {
  await document.fonts.ready;
  await new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); });
}

/** Goes to another page as a link does: the scripts stay loaded. The first time, the page is loaded. */
export async function visitPage(page, address) {
  if (page.url() === "about:blank") {
    await page.goto(address, { waitUntil: "domcontentloaded" });
  } else {
    await page.evaluate((to) => {
      document.querySelector("#content").id = "left";
      history.pushState({}, "", to);
    }, address);
  }
  await settle(page);
}
