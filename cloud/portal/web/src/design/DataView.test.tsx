import { render, screen } from "@testing-library/react";
import type { UseQueryResult } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { ApiProblem } from "../api/problem";
import { DataView } from "./DataView";

function show(part: Partial<UseQueryResult<string[], ApiProblem>>) {
  const query = { data: undefined, error: null, dataUpdatedAt: Date.parse("2026-11-30T08:00:00Z"), ...part } as UseQueryResult<string[], ApiProblem>;
  render(<DataView query={query} isEmpty={(data) => data.length === 0} empty={<p>nothing yet</p>}>{(data) => <p>{data.join(" ")}</p>}</DataView>);
}

test("while it loads", () => {
  show({});
  expect(screen.getByRole("status").textContent).toContain("Loading");
});

test("a refusal of the role is no error", () => {
  show({ error: new ApiProblem({ status: 403, detail: "only finance may" }) });
  expect(screen.getByText("You may not see this")).toBeTruthy();
  expect(screen.queryByRole("button")).toBeNull();
});

test("a failure says what the API said, and can be tried again", () => {
  show({ error: new ApiProblem({ status: 503, title: "Busy", detail: "too many", request_id: "r-1" }) });
  expect(screen.getByRole("alert").textContent).toContain("r-1");
  expect(screen.getByRole("button", { name: "Try again" })).toBeTruthy();
});

test("old data stays, with a warning", () => {
  show({ data: ["a"], error: new ApiProblem({ status: 0 }) });
  expect(screen.getByText("a")).toBeTruthy();
  expect(screen.getByText("These figures are not current")).toBeTruthy();
});

test("nothing", () => {
  show({ data: [] });
  expect(screen.getByText("nothing yet")).toBeTruthy();
});
