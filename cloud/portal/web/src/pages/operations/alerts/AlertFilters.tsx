import { useGet, type Schema } from "../../../api/client";
import { Button, Select } from "../../../design";
import { useSearchText } from "../../../routing/address";
import { operations } from "../../../text/en/operations";
import { alerts as t } from "../../../text/en/operations/alerts";

const ANY = "any";

/** Filters of alerts, from the address. */
export function useAlertFilters() {
  const [kind, setKind] = useSearchText("kind");
  const [location, setLocation] = useSearchText("location");
  const [device, setDevice] = useSearchText("device");
  const query = { ...(kind && { kind: [kind] }), ...(location && { location: [location] }), ...(device && { device: [device] }) };
  return { kind, setKind, location, setLocation, device, setDevice, query };
}

export function AlertFilters({ filters }: { filters: ReturnType<typeof useAlertFilters> }) {
  const places: readonly Schema<"LocationResponse">[] = useGet("/api/locations").data?.locations ?? [];
  const kinds = [{ value: ANY, label: t.everyKind }, ...Object.entries(t.kinds).map(([value, label]) => ({ value, label }))];
  const locations = [{ value: ANY, label: operations.everyLocation }, ...places.map((one) => ({ value: one.id, label: one.id, description: one.name }))];
  const choose = (set: (value: string) => void) => (value: string) => set(value === ANY ? "" : value);
  return (
    <div className="fields">
      <Select label={t.kind} choices={kinds} value={filters.kind || ANY} onChange={choose(filters.setKind)} />
      <Select label={operations.location} choices={locations} value={filters.location || ANY} onChange={choose(filters.setLocation)} />
      {filters.device !== "" && <Button isSmall onPress={() => filters.setDevice("")}>{`${operations.device}: ${filters.device} ×`}</Button>}
    </div>
  );
}
