import { expect, test } from "vitest";
import { fitView, moveView, project, zoomView } from "./projection";

const SIZE = { width: 400, height: 300 };
const PLACES = [{ latitude: 51.44, longitude: -0.15 }, { latitude: 51.54, longitude: 0.0 }, { latitude: 51.5, longitude: -0.08 }];

test("all places lie inside the drawing, north up and east to the right", () => {
  const points = PLACES.map((one) => project(one, fitView(PLACES, SIZE), SIZE));

  expect(points.every(([x, y]) => x > 0 && x < SIZE.width && y > 0 && y < SIZE.height)).toBe(true);
  expect((points[1]?.[0] ?? 0) > (points[0]?.[0] ?? 0)).toBe(true);
  expect((points[1]?.[1] ?? 0) < (points[0]?.[1] ?? 0)).toBe(true);
});

test("one place, or none, has a view", () => {
  const view = fitView(PLACES.slice(0, 1), SIZE);
  expect(project(PLACES[0]!, view, SIZE)).toEqual([200, 150]);
  expect(Number.isFinite(fitView([], SIZE).height)).toBe(true);
});

test("a moved drawing shows a place where it was dragged to", () => {
  const view = fitView(PLACES.slice(0, 1), SIZE);
  const [x, y] = project(PLACES[0]!, moveView(view, 30, -20, SIZE), SIZE);
  expect(x).toBeCloseTo(230, 1);
  expect(y).toBeCloseTo(130, 1);
});

test("zooming has limits", () => {
  const view = fitView(PLACES, SIZE);
  expect(zoomView(view, 2).height).toBeCloseTo(view.height / 2);
  expect(zoomView(view, 1e9).height).toBeGreaterThan(0);
  expect(zoomView(view, 1e-9).height).toBeLessThan(10);
});
