// One product in every store, against the mean of the stores with the same currency.

import type { Schema } from "../../api/client";
import type { PriceRow } from "./shared";

type Store = Schema<"StoreResponse">;

export interface ComparedStore {
  store: string;
  region: string;
  latitude: number;
  longitude: number;
  currency: string;
  /** Null: no recent price. */
  priceMinor: number | null;
  index: number | null;
  ageS: number | null;
  isOtherCurrency: boolean;
}

export interface RegionPrices {
  region: string;
  currency: string;
  meanMinor: number | null;
  lowestMinor: number | null;
  highestMinor: number | null;
  observed: number;
  stores: number;
}

export function compareStores(stores: readonly Store[], rows: readonly PriceRow[]): readonly ComparedStore[] {
  const currency = mostFrequent(rows.map((row) => row.currency)) ?? "";
  const byStore = new Map(rows.map((row) => [row.store, row]));
  const same = rows.flatMap((row) => (row.currency === currency && row.observed !== null ? [row.observed.price_minor] : []));
  const mean = same.reduce((sum, one) => sum + one, 0) / same.length;
  return stores.map(({ store, region, latitude, longitude }) => {
    const row = byStore.get(store);
    const isOther = row !== undefined && row.currency !== currency;
    const observed = isOther ? null : (row?.observed ?? null);
    return {
      store, region, latitude, longitude, currency, isOtherCurrency: isOther,
      priceMinor: observed?.price_minor ?? null,
      index: observed === null ? null : observed.price_minor / mean - 1,
      ageS: observed?.age_s ?? null,
    };
  });
}

export function groupRegions(stores: readonly ComparedStore[]): readonly RegionPrices[] {
  const names = [...new Set(stores.map((one) => one.region))].toSorted();
  return names.map((region) => {
    const own = stores.filter((one) => one.region === region);
    const found = own.flatMap((one) => (one.priceMinor === null ? [] : [one.priceMinor]));
    return {
      region, currency: own[0]?.currency ?? "", observed: found.length, stores: own.length,
      meanMinor: found.length === 0 ? null : Math.round(found.reduce((sum, one) => sum + one, 0) / found.length),
      lowestMinor: found.length === 0 ? null : Math.min(...found),
      highestMinor: found.length === 0 ? null : Math.max(...found),
    };
  });
}

function mostFrequent(names: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0];
}
