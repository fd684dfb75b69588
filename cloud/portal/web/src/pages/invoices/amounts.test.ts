import { expect, it } from "vitest";
import { minorMoney, money } from "../../format/money";

const flat = (text: string) => text.replaceAll("\u00a0", " ");

it("amounts have the decimals of their currency: none of the yen, three of the dinar", () => {
  expect(minorMoney(1234567, "JPY")).toBe("JP¥1,234,567");
  expect(flat(minorMoney(1234567, "KWD"))).toBe("KWD 1,234.567");
  expect(flat(minorMoney(5, "KWD"))).toBe("KWD 0.005");
  expect(money("43.00", "JPY")).toBe("JP¥43");
});
