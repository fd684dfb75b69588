import { expect, it } from "vitest";
import { readHeartbeat } from "./heartbeat";
import { compareSettings, writeSetting } from "./settings";

it("only a desired setting can differ, whatever the order of its members", () => {
  const config = { desired: { view: { a: 1, b: 2 }, paused: true }, reported: { view: { b: 2, a: 1 }, paused: false, detector: "x", config_outcome: {} } };
  expect(compareSettings(config).map((one) => [one.setting, one.differs])).toEqual([["detector", false], ["paused", true], ["view", false]]);
});

it("an empty shadow has no settings", () => {
  expect(compareSettings({})).toEqual([]);
  expect(writeSetting(undefined)).toBe("");
});

it("parts that an agent does not report are missing, and hostile ones are texts", () => {
  const beat = readHeartbeat({ versions: { agent: "<img>" }, figures: { alarms: ["blind.dark"], frames_milli_hz: "many" } });
  expect([beat?.agent, beat?.alarms, beat?.framesMilliHz, beat?.uptimeMs]).toEqual(["<img>", ["blind.dark"], null, null]);
  expect(readHeartbeat(null)).toBeNull();
});
