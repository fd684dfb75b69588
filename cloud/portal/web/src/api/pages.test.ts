import { expect, test } from "vitest";
import { followNext, followOffset, readEveryPage } from "./pages";

interface Page { rows: readonly number[]; next: string | null }

test("all pages are read with the cursor of the one before", async () => {
  const asked: unknown[] = [];
  const pages: Page[] = [{ rows: [1, 2], next: "b" }, { rows: [3], next: null }];
  const read = (position: unknown) => { asked.push(position); return Promise.resolve(pages[asked.length - 1]!); };
  expect(await readEveryPage(read, followNext, (page) => page.rows)).toEqual([1, 2, 3]);
  expect(asked).toEqual([null, { after: "b" }]);
});

test("an offset follows the rows that were read, until a page is not full", () => {
  const next = followOffset((page: Page) => page.rows, 2);
  const full = { rows: [1, 2], next: null };
  expect(next(full, [full, full])).toEqual({ offset: 4 });
  expect(next({ rows: [5], next: null }, [])).toBeNull();
});
