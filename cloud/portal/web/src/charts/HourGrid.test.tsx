import { act, fireEvent, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { HourGrid, type GridCell, type GridRow } from "./HourGrid";

const cell = (id: string): GridCell => ({ id, label: `value of ${id}`, heat: 1 });

/** A day with the hours 0 to 3: hour 1 occurs twice on the first day, and not on the second. */
const ROWS: readonly GridRow[] = [
  { id: "back", label: "Back", hours: [[cell("b0")], [cell("b1"), cell("b1 again")], [cell("b2")], [cell("b3")]] },
  { id: "forward", label: "Forward", hours: [[cell("f0")], [], [cell("f2")], [cell("f3")]] },
];

const draw = (onSelect = vi.fn()) => {
  render(<HourGrid caption="Prices" rows={ROWS} breaks={[1]} onSelect={onSelect} legend={null} />);
  return onSelect;
};
const focused = () => document.activeElement?.getAttribute("data-cell");
const press = (key: string) => fireEvent.keyDown(document.activeElement!, { key });

test("arrow keys reach every hour, also the repeated one, and skip the one that does not exist", () => {
  draw();
  act(() => document.querySelector<HTMLElement>(`[data-cell="b0"]`)?.focus());
  const path = ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft", "Home", "End"].map((key) => { press(key); return focused(); });
  expect(path).toEqual(["b1", "b1 again", "b2", "f2", "f0", "f0", "f3"]);
});

test("the value is shown on focus and under the pointer, and selected by a click", () => {
  const onSelect = draw();
  const [first] = screen.getAllByRole("button");
  expect(screen.queryByText("value of b0")).toBeNull();
  act(() => first?.focus());
  expect(screen.getByText("value of b0")).toBeTruthy();
  fireEvent.mouseOver(document.querySelector(`[data-cell="f3"]`)!);
  expect(screen.getByText("value of f3")).toBeTruthy();
  fireEvent.click(first!);
  expect(onSelect).toHaveBeenCalledWith("b0");
});

test("hours never wrap: every row has 24 columns, and one cell is in the order of the tab key", () => {
  draw();
  expect(screen.getAllByRole("row").slice(1).map((row) => row.querySelectorAll("td").length)).toEqual([24, 24]);
  expect(document.querySelectorAll('[data-cell][tabindex="0"]')).toHaveLength(1);
});
