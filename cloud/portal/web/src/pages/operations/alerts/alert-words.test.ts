import { expect, it } from "vitest";
import { describePlace, sortByUrgency, stateOf, type Alert } from "./alert-words";
import { listScopes, toMute } from "./mute-request";

const alert = (change: Partial<Alert>) =>
  ({ id: 1, kind: "camera.offline", location: "KX-01", device: "cam-1", severity: "warning", cleared_at: null, acknowledged_at: null, closed_by: null, muted_until: null, ...change }) as Alert;
const NOW = Date.parse("2026-11-20T12:00:00Z");

it("the most urgent alert is first, and the latest of those", () => {
  const found = sortByUrgency([alert({ id: 1 }), alert({ id: 2, severity: "info" }), alert({ id: 3, severity: "critical" }), alert({ id: 4 })]);
  expect(found.map((one) => one.id)).toEqual([3, 4, 1, 2]);
});

it("a state says why nobody is notified", () => {
  expect(stateOf(alert({ acknowledged_at: "2026-11-20T11:00:00Z" }))).toBe("acknowledged");
  expect(stateOf(alert({ acknowledged_at: "2026-11-20T11:00:00Z", muted_until: "2026-11-20T13:00:00Z" }))).toBe("muted");
  expect(stateOf(alert({ cleared_at: "2026-11-20T11:00:00Z", closed_by: "ann" }))).toBe("closed");
});

it("a mute concerns what was chosen", () => {
  const one = alert({});
  expect(listScopes(one)).toEqual(["kind", "device", "location"]);
  expect(toMute(one, "kind", 4, "works", NOW)).toEqual({ kind: "camera.offline", location: "KX-01", device: "cam-1", until: "2026-11-20T16:00:00.000Z", reason: "works" });
  expect(toMute(one, "device", 4, "works", NOW)).toMatchObject({ kind: null, device: "cam-1" });
  expect(toMute(one, "location", 4, "works", NOW)).toMatchObject({ kind: null, location: "KX-01", device: null });
});

it("the longest mute stays within the limit of the API", () => {
  expect(Date.parse(toMute(alert({}), "kind", 720, "works", NOW).until) - NOW).toBeLessThan(30 * 86_400_000);
});

it("an alert without a place can be muted by its kind alone", () => {
  const late = alert({ kind: "nightly.late", location: "", device: null });
  expect([listScopes(late), describePlace(late)]).toEqual([["kind"], "everywhere"]);
});
