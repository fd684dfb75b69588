import { describe, expect, test } from "vitest";
import { LONGEST_DELAY_MS, reconnectDelay } from "./event-stream";
import { isRetried } from "./queries";
import { ApiProblem } from "./problem";

describe("the delay before a new connection", () => {
  test("doubles up to half a minute", () => {
    expect([0, 1, 2, 9].map((attempt) => reconnectDelay(attempt, 0))).toEqual([1000, 2000, 4000, LONGEST_DELAY_MS]);
  });

  test("differs between browsers, so that they do not come at once", () => {
    expect(reconnectDelay(2, 1)).toBe(5000);
  });
});

test("only temporary failures are tried again, twice", () => {
  expect(isRetried(0, new ApiProblem({ status: 503 }))).toBe(true);
  expect(isRetried(2, new ApiProblem({ status: 503 }))).toBe(false);
  expect(isRetried(0, new ApiProblem({ status: 404 }))).toBe(false);
  expect(isRetried(0, new Error("a fault"))).toBe(false);
});
