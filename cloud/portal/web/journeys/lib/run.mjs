// node journeys/lib/run.mjs CONFIG.json: runs the journeys and the walk over all pages in one
// Chromium. Writes one JSON object a line: `{ name, failures }`.
//
// A journey is `journeys/buyers/NAME.mjs` or `journeys/owner/NAME.mjs` with a default export `async ({ open, address, parameters, users }) => …`.
// `open(role, options)` gives a page of a signed-in user; `open(null)` one of nobody. What fails is thrown.

import { readFileSync } from "node:fs";
import { Session } from "./session.mjs";
import { walkPages } from "./walk.mjs";
import { takePictures } from "./gallery.mjs";
import { walkHostile } from "./hostile.mjs";

const FOLDER = new URL("..", import.meta.url);
const report = (result) => process.stdout.write(`${JSON.stringify(result)}\n`);

async function runJourney(session, file) {
  const opened = [];
  const open = async (role, options) => {
    const one = await session.newPage(role, options);
    opened.push(one);
    return one.page;
  };
  const failures = [];
  try {
    const { default: journey } = await import(new URL(file, FOLDER));
    await journey({ open, address: session.address, parameters: session.parameters, users: session.config.users });
  } catch (error) {
    const at = opened.at(-1)?.page;
    failures.push(error.stack, ...(at ? [`at ${at.url()}: ${(await at.innerText("body").catch(() => "")).slice(0, 1500)}`] : []));
  }
  for (const { faults, close } of opened) {
    failures.push(...faults);
    await close();
  }
  return failures;
}

async function main() {
  const config = JSON.parse(readFileSync(process.argv[2], "utf8"));
  const session = new Session(config);
  await session.start();
  try {
    for (const file of config.journeys ?? []) report({ name: file, failures: await runJourney(session, file) });
    if (config.walk) for await (const result of walkPages(session, config.only)) report(result);
    if (config.hostile) for await (const result of walkHostile(session, config.only)) report(result);
    if (config.gallery) await takePictures(session, config.gallery, report);
  } finally {
    await session.stop();
  }
}

await main();
