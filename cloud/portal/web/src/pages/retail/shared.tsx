// Filters and formats that the pages of retail prices share.

import { useMemo, type ReactNode } from "react";
import { useGet, type Schema } from "../../api/client";
import { Select, type Choice } from "../../design";
import { retail as t } from "../../text/en/retail";
import "./retail.css";

const ALL = "";
export type PriceRow = Schema<"RetailPriceRow">;
export type ApprovedPrice = Schema<"ApprovedPriceResponse">;

export function Filters({ children }: { children: ReactNode }) {
  return <div className="fields filters" role="group" aria-label={t.filters}>{children}</div>;
}

export interface FilterProps {
  value: string;
  onChange: (value: string) => void;
}

/** A select whose empty value has words of its own. */
export function FilterSelect({ label, all, names, value, onChange }: FilterProps & { label: string; all: string; names: readonly string[] }) {
  const known = value === ALL || names.includes(value) ? names : [...names, value];
  const choices: Choice[] = [{ value: ALL, label: all }, ...known.map((name) => ({ value: name, label: name }))];
  return <Select label={label} choices={choices} value={value} onChange={onChange} />;
}

/** The regions of the list of stores. */
export function RegionFilter(props: FilterProps) {
  const stores = useGet("/api/retail/stores").data?.stores;
  const names = useMemo(() => distinct(stores?.map((one) => one.region) ?? []), [stores]);
  return <FilterSelect label={t.region} all={t.everyRegion} names={names} {...props} />;
}

/** The products with a recent price. */
export function ProductFilter(props: FilterProps) {
  return <FilterSelect label={t.product} all={t.everyProduct} names={useProducts()} {...props} />;
}

export function useProducts(): readonly string[] {
  const found = useGet("/api/retail/prices").data?.prices;
  return useMemo(() => distinct(found?.map((one) => one.product) ?? []), [found]);
}

export function distinct(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}

/** An amount in minor units that a person typed, or null. */
export { decimalToMinor as readAmount } from "../../format/money";

const BASIS_POINTS = 10_000;
export const ofBasisPoints = (bp: number): number => bp / BASIS_POINTS;
