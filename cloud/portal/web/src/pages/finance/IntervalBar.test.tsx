import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { IntervalBar, placeOn } from "./IntervalBar";

it("places a value on the axis, and never outside of it", () => {
  expect(placeOn(5, 0, 10, 200)).toBe(100);
  expect(placeOn(-5, 0, 10, 200)).toBe(0);
  expect(placeOn(15, 0, 10, 200)).toBe(200);
  expect(placeOn(5, 3, 3, 200)).toBe(100);
});

it("says in words what it shows", () => {
  render(<IntervalBar low={2} value={3} high={4} mark={6} from={0} to={10} label="3 of 6 plays, P10 2 to P90 4" />);
  expect(screen.getByRole("img", { name: "3 of 6 plays, P10 2 to P90 4" })).toBeTruthy();
});
