import { expect, test } from "vitest";
import { layOutBars } from "./steps";

const step = (id: string, value: number) => ({ id, label: id, value, valueText: String(value) });

test("steps span from the value before to their own, the ends are whole bars", () => {
  const bars = layOutBars([step("base", 100), step("peak", 200), step("season", 150), step("none", 150), step("price", 150)]);

  expect(bars.map(({ kind }) => kind)).toEqual(["total", "up", "down", "same", "total"]);
  expect(bars.map(({ from, length }) => [from, length])).toEqual([[0, 0.5], [0.5, 0.5], [0.75, 0.25], [0.75, 0], [0, 0.75]]);
});

test("nothing is divided by zero", () => {
  expect(layOutBars([step("base", 0), step("price", 0)]).map(({ length }) => length)).toEqual([0, 0]);
});
