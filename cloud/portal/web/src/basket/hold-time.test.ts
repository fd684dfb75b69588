import { describe, expect, it } from "vitest";
import { canExtend, clockOf, findAnnouncement, phaseOf, secondsLeft } from "./hold-time";
import { readTimed } from "./server-moment";

const AT = "2027-11-22T08:00:00Z";
const END = "2027-11-22T08:10:00Z";

describe("the time that is left", () => {
  it("is by the server's clock: the client's own does not count", () => {
    expect(secondsLeft(END, { at: AT, sentAtMs: 5_000 }, 5_000)).toBe(600);
    expect(secondsLeft(END, { at: AT, sentAtMs: 5_000 }, 65_999)).toBe(539);
  });

  it("counts a slow answer, so it never promises more than there is", async () => {
    let now = 1_000;
    const timed = await readTimed(async () => { now = 4_000; return { at: AT }; }, () => now);
    expect(timed.moment.sentAtMs).toBe(1_000);
    expect(secondsLeft(END, timed.moment, now)).toBe(597);
  });

  it("is never below zero", () => expect(secondsLeft(END, { at: AT, sentAtMs: 0 }, 9e9)).toBe(0));

  it("asks below 45 seconds, and says when it is over", () => {
    expect([46, 45, 1, 0].map(phaseOf)).toEqual(["held", "expiring", "expiring", "expired"]);
  });

  it("is read out at a few moments, once each", () => {
    const announced: number[] = [];
    let before = 700;
    for (let now = 699; now >= 0; now -= 1) {
      const moment = findAnnouncement(before, now);
      if (moment !== undefined) announced.push(moment);
      before = now;
    }
    expect(announced).toEqual([600, 300, 120, 60, 45, 0]);
  });

  it("that was skipped, such as by a computer that slept, is read out once", () => {
    expect(findAnnouncement(700, 90)).toBe(600);
    expect(findAnnouncement(90, 90)).toBeUndefined();
  });

  it("is written as a clock", () => expect([3909, 724, 45, 0].map(clockOf)).toEqual(["1:05:09", "12:04", "0:45", "0:00"]));
});

it("a hold can be extended until the server's maximum", () => {
  const hold = { state: "held", expires_at: END, latest_at: "2027-11-22T09:00:00Z" };
  expect(canExtend(hold)).toBe(true);
  expect(canExtend({ ...hold, latest_at: END })).toBe(false);
  expect(canExtend({ ...hold, state: "expired" })).toBe(false);
});
