import { describe, expect, it } from "vitest";
import { ApiProblem } from "../../../api/problem";
import { fieldErrors, isBesideFields } from "./field-errors";

const refused = (detail: string, status = 422) => new ApiProblem({ status, title: "Invalid request", detail });

describe("fieldErrors", () => {
  it("has the words of each field", () => {
    const error = refused("`reason` in the body: String should have at least 3 characters; `price` in the body: Input should be greater than 0");
    expect(fieldErrors(error)).toEqual({
      reason: "String should have at least 3 characters",
      price: "Input should be greater than 0",
    });
  });

  it("keeps a semicolon within the words", () => {
    expect(fieldErrors(refused("`hours` in the body: not hours; write 7-9"))).toEqual({ hours: "not hours; write 7-9" });
  });

  it("is empty for other refusals", () => {
    expect(fieldErrors(refused("`reason` in the body: short", 409))).toEqual({});
    expect(fieldErrors(refused("the account is closed"))).toEqual({});
    expect(fieldErrors(null)).toEqual({});
  });

  it("knows whether a form shows all of it", () => {
    const error = refused("`reason` in the body: short");
    expect(isBesideFields(error, ["reason"])).toBe(true);
    expect(isBesideFields(error, ["price"])).toBe(false);
    expect(isBesideFields(refused("closed"), ["reason"])).toBe(false);
  });
});
