import { describe, expect, it } from "vitest";
import { toTimeSlot, addSlots, copyToDraft, findDraft, markBasket, MOST_BASKETS, removeSlot, type Baskets } from "./basket";
import { readBaskets, writeBaskets } from "./basket-storage";

const EIGHT = { location: "KX-01", startsAt: "2027-11-22T08:00:00Z", positions: 1 };
const NINE = { location: "KX-01", startsAt: "2027-11-22T09:00:00Z", positions: 1 };
let numbers = 0;
const newId = () => `b${numbers++}`;

describe("a basket", () => {
  it("has each hour once, however the instant is written", () => {
    const again = { ...EIGHT, startsAt: "2027-11-22T08:00:00+00:00", positions: 3 };
    const [draft] = addSlots(addSlots([], [NINE, EIGHT], newId), [again], newId);
    expect(draft?.slots.map((one) => one.positions)).toEqual([3, 1]);
  });

  it("loses its quote when it changes", () => {
    const quoted = markBasket(addSlots([], [EIGHT], newId), `b${numbers - 1}`, { quote: "q" });
    expect(findDraft(quoted)?.quote).toBe("q");
    expect(findDraft(addSlots(quoted, [NINE], newId))?.quote).toBeUndefined();
  });

  it("that is held takes no more slots: they go to a new one", () => {
    const [first] = addSlots([], [EIGHT], newId) as Baskets;
    const held = markBasket([first!], first!.id, { quote: "q", hold: "h" });
    const both = addSlots(held, [NINE], newId);
    expect(both.map((one) => one.slots.length)).toEqual([1, 1]);
    expect(both[1]).toEqual({ ...first, quote: "q", hold: "h" });
  });

  it("that has expired stays, and is priced again without the hours that have begun", () => {
    const held = [{ id: "old", slots: [EIGHT, NINE], quote: "q", hold: "h" }];
    const both = copyToDraft(held, "old", Date.parse("2027-11-22T08:30:00Z"), newId);
    expect(both[0]?.slots).toEqual([NINE]);
    expect(both[1]).toEqual(held[0]);
  });

  it("without hours is removed", () => {
    expect(removeSlot(addSlots([], [EIGHT], newId), EIGHT)).toEqual([]);
  });

  it("is not kept for ever", () => {
    const many = Array.from({ length: MOST_BASKETS }, (_, n) => ({ id: `${n}`, slots: [EIGHT], hold: `${n}` }));
    expect(addSlots(many, [NINE], newId)).toHaveLength(MOST_BASKETS);
  });
});

it("an hour is sent to the minute, with its offset", () => {
  expect(toTimeSlot("2027-11-22T08:00:00.000Z")).toBe("2027-11-22T08:00+00:00");
  expect(toTimeSlot(Date.parse("2027-11-22T09:00:00+01:00"))).toBe("2027-11-22T08:00+00:00");
});

describe("the storage", () => {
  const files = new Map<string, string>();
  const store = { getItem: (key: string) => files.get(key) ?? null, setItem: (key: string, value: string) => void files.set(key, value) };

  it("has the baskets of each user apart", () => {
    writeBaskets(store, "ann", addSlots([], [EIGHT], newId));
    expect(readBaskets(store, "ann")).toHaveLength(1);
    expect(readBaskets(store, "bob")).toEqual([]);
  });

  it("leaves out what it cannot read", () => {
    files.set("onlooker.baskets.eve", '[{"id":1},{"id":"b","slots":[{"location":"x","startsAt":"never","positions":1}]},null]');
    expect(readBaskets(store, "eve")).toEqual([]);
    files.set("onlooker.baskets.eve", "{");
    expect(readBaskets(store, "eve")).toEqual([]);
  });

  it("that is full or forbidden fails nothing", () => {
    const full = { getItem: () => null, setItem: () => { throw new Error("full"); } };
    expect(() => writeBaskets(full, "ann", [])).not.toThrow();
  });
});
