import { expect, it } from "vitest";
import { readDraft, readFields } from "./setting-schema";

const SCHEMA = { $defs: { DeviceConfig: { properties: {
  interval: { type: "integer", minimum: 1000, maximum: 60000, description: "divides one minute" },
  fps: { type: "number", exclusiveMinimum: 0 },
  paused: { type: "boolean" },
  detector: { type: "string" },
  zones: { type: "array" },
} } } };

it("each setting has a field of its kind and its limits", () => {
  const fields = readFields(SCHEMA);
  expect(fields.map((one) => one.kind)).toEqual(["number", "number", "boolean", "text", "json"]);
  expect(fields[0]).toMatchObject({ least: 1000, most: 60000, isWhole: true, description: "divides one minute" });
  expect(fields[1]).toMatchObject({ least: 0, most: null, isWhole: false });
  expect(readFields({})).toEqual([]);
});

it("what is not valid yet is not sent, and what is withdrawn is null", () => {
  const [interval, , , detector, zones] = readFields(SCHEMA);
  if (!interval || !detector || !zones) throw new Error("the schema has five settings");
  expect(readDraft(interval, { isWithdrawn: false, value: NaN })).toBeUndefined();
  expect(readDraft(detector, { isWithdrawn: false, value: "" })).toBeUndefined();
  expect(readDraft(zones, { isWithdrawn: false, value: "[1" })).toBeUndefined();
  expect(readDraft(zones, { isWithdrawn: false, value: "[1]" })).toEqual([1]);
  expect(readDraft(zones, { isWithdrawn: true, value: "[1" })).toBeNull();
});
