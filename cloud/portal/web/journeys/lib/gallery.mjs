// Takes a wide and a narrow picture of every page of the router.

import { fillBasket } from "./basket.mjs";
import { settle } from "./settle.mjs";
import { fillPath, nameOf, readRoutes, visitorOf } from "./routes.mjs";

const SIZES = { wide: { width: 1280, height: 860 }, narrow: { width: 360, height: 720 } };
const QUIET_MS = 600;
/** What a user does before the picture of a page shows something. */
const BEFORE = {
  "/basket": async (page) => {
    await fillBasket(page, { location: "LS-01", days: 3, hours: [10, 11, 17] });
    await page.getByText("Total without VAT").waitFor();
  },
};

/** `only` is a text that the path contains; without it all pages are taken. */
export async function takePictures(session, { folder, only = "", colorScheme = "light" }, report) {
  for (const route of readRoutes().filter(({ path }) => path.includes(only))) {
    const { filled, missing } = fillPath(route.path, session.parameters);
    if (missing !== undefined) {
      report({ name: route.path, failures: [`no seed returns ${missing.join(", ")}`] });
      continue;
    }
    const failures = [];
    for (const [size, viewport] of Object.entries(SIZES)) {
      const { page, faults, close } = await session.newPage(visitorOf(route), { viewport, colorScheme });
      try {
        await page.goto(filled, { waitUntil: "domcontentloaded" });
        await settle(page);
        await BEFORE[route.path]?.(page);
        await page.waitForTimeout(QUIET_MS); // charts are drawn after their data
        await page.screenshot({ path: `${folder}/${nameOf(route.path)}-${size}.png` });
      } catch (error) {
        failures.push(error.message.split("\n")[0]);
      }
      failures.push(...faults);
      await close();
    }
    report({ name: route.path, picture: nameOf(route.path), failures });
  }
}
