import { expect, test } from "vitest";
import { writeCsv } from "./csv";
import { sortRows } from "./sorting";

const columns = [
  { id: "name", title: "Name", value: (row: Row) => row.name },
  { id: "price", title: "Price, GBP", value: (row: Row) => row.price },
  { id: "button", title: "" },
];
interface Row { name: string; price: number | null }
const rows: readonly Row[] = [{ name: "B 10", price: 3 }, { name: "B 9", price: null }, { name: "a", price: 20 }];

test("missing values are last in both directions", () => {
  const prices = (isDescending: boolean) => sortRows(rows, columns, { column: "price", isDescending }).map((row) => row.price);
  expect(prices(false)).toEqual([3, 20, null]);
  expect(prices(true)).toEqual([20, 3, null]);
});

test("numbers in names are compared as numbers", () => {
  expect(sortRows(rows, columns, { column: "name" }).map((row) => row.name)).toEqual(["a", "B 9", "B 10"]);
});

test("CSV quotes, leaves missing values empty, and holds no formula", () => {
  const hostile = [{ name: '=HYPERLINK("x")', price: null }, { name: 'a "b", c', price: -2 }];
  expect(writeCsv(columns, hostile)).toBe('Name,"Price, GBP"\r\n"\'=HYPERLINK(""x"")",\r\n"a ""b"", c",-2\r\n');
});
