// node storyboards.mjs URL KEY IDS: runs the storyboard media_buy_seller of AdCP, the scenarios that
// it requires, and some that every agent has to pass, and prints the outcome of each step as JSON.
//
// The fixtures of a storyboard are products that a seller seeds, and dates that pass. IDS, a JSON
// object, has the seller's own products and pricing options, and dates to come, in their place;
// nothing else of a storyboard changes.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseStoryboard, runStoryboard, setAgentTesterLogger } from "@adcp/sdk/testing";

const [url, key, ids] = process.argv.slice(2);
const quiet = () => {};
setAgentTesterLogger({ info: quiet, warn: quiet, error: quiet, debug: quiet });

const sdk = dirname(createRequire(import.meta.url).resolve("@adcp/sdk/package.json"));
const version = readFileSync(join(sdk, "ADCP_VERSION"), "utf8").trim();
const cache = join(sdk, "compliance", "cache", version);
const UNIVERSAL = ["error-compliance", "idempotency", "schema-validation", "v3-envelope-integrity"];

function read(...name) {
  let text = readFileSync(join(cache, ...name), "utf8");
  for (const [theirs, ours] of Object.entries(JSON.parse(ids))) {
    text = text.replaceAll(`"${theirs}"`, `"${ours}"`);
  }
  return parseStoryboard(text);
}

function outcome(step) {
  if (step.skipped) return "skipped";
  return step.passed ? "passed" : "failed";
}

function reason(step) {
  const failed = (step.validations ?? []).filter((one) => !one.passed);
  const sentences = failed.map((one) => `${one.description}: ${one.error ?? ""}`);
  return [step.error, step.skip?.detail, ...sentences].filter(Boolean).join("; ");
}

const main = read("protocols", "media-buy", "index.yaml");
const scenarios = main.requires_scenarios.map((id) =>
  read("protocols", "media-buy", "scenarios", `${id.split("/")[1]}.yaml`),
);
const universal = UNIVERSAL.map((name) => read("universal", `${name}.yaml`));
const steps = [];
for (const storyboard of [main, ...scenarios, ...universal]) {
  const result = await runStoryboard(url, storyboard, {
    protocol: "mcp",
    allow_http: true,
    brand: { domain: "acmeoutdoor.example" },
    auth: { type: "bearer", token: key },
    skip_controller_seeding: true,
  });
  for (const phase of result.phases) {
    for (const step of phase.steps) {
      const scenario = storyboard.id.replace("media_buy_seller/", "");
      const name = `${scenario}/${phase.phase_id}/${step.step_id}`;
      steps.push({ step: name, outcome: outcome(step), reason: reason(step) });
    }
  }
}
console.log(JSON.stringify(steps));
process.exit(0);
