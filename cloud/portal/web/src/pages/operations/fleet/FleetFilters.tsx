import { useEffect, useState } from "react";
import { useGet } from "../../../api/client";
import { Button, Checkbox, Select, TextField } from "../../../design";
import { useSearchText } from "../../../routing/address";
import { operations } from "../../../text/en/operations";
import { fleet as t } from "../../../text/en/operations/fleet";

const TYPING_MS = 300;
const PRESENCES = ["online", "offline", "stopped"] as const;
type Presence = (typeof PRESENCES)[number];
const ANY = "any";

/** Filters of the table; all are in the address. */
export function useFleetFilters() {
  const [name, setName] = useSearchText("name");
  const [location, setLocation] = useSearchText("location");
  const [group, setGroup] = useSearchText("group");
  const [presence, setPresence] = useSearchText("presence");
  const [show, setShow] = useSearchText("show");
  const shown = new Set(show.split(" ").filter(Boolean));
  const toggle = (word: string, isOn: boolean) => setShow([...new Set([...shown, word])].filter((one) => isOn || one !== word).join(" "));
  const query = {
    ...(name && { name }), ...(location && { location }), ...(group && { group }),
    ...(presence && { presence: presence as Presence }),
    ...(shown.has("drifting") && { drifting: true }), ...(shown.has("alarming") && { alarming: true }),
  };
  return { name, setName, location, setLocation, group, setGroup, presence, setPresence, shown, toggle, query };
}

export interface FleetFiltersProps {
  filters: ReturnType<typeof useFleetFilters>;
  onChange: () => void;
}

export function FleetFilters({ filters, onChange }: FleetFiltersProps) {
  const summary = useGet("/api/fleet/summary").data;
  const choose = (set: (value: string) => void) => (value: string) => { onChange(); set(value === ANY ? "" : value); };
  const locations = [{ value: ANY, label: operations.everyLocation }, ...(summary?.locations ?? []).map((one) => ({ value: one.location, label: one.location }))];
  const groups = [{ value: ANY, label: operations.everyGroup }, ...(summary?.groups ?? []).map((one) => ({ value: one.value, label: one.value }))];
  const presences = [{ value: ANY, label: t.everyPresence }, ...PRESENCES.map((value) => ({ value: value as string, label: operations.presence[value] ?? value }))];
  return (
    <div className="fields">
      <NameField name={filters.name} onChange={choose(filters.setName)} />
      <Select label={operations.location} choices={locations} value={filters.location || ANY} onChange={choose(filters.setLocation)} />
      <Select label={operations.group} choices={groups} value={filters.group || ANY} onChange={choose(filters.setGroup)} />
      <Select label={t.presence} choices={presences} value={filters.presence || ANY} onChange={choose(filters.setPresence)} />
      <Checkbox isSelected={filters.shown.has("alarming")} onChange={(isOn) => { onChange(); filters.toggle("alarming", isOn); }}>{t.onlyAlarming}</Checkbox>
      <Checkbox isSelected={filters.shown.has("drifting")} onChange={(isOn) => { onChange(); filters.toggle("drifting", isOn); }}>{t.onlyDrifting}</Checkbox>
    </div>
  );
}

/** The address follows what is typed a moment later. */
function NameField({ name, onChange }: { name: string; onChange: (name: string) => void }) {
  const [typed, setTyped] = useState(name);
  useEffect(() => {
    if (typed === name) return undefined;
    const timer = setTimeout(() => onChange(typed), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]); // eslint-disable-line -- `onChange` is new with each render
  const clear = () => { setTyped(""); onChange(""); };
  return (
    <>
      <TextField label={t.search} value={typed} onChange={(value) => setTyped(value.replace(/[^A-Za-z0-9_-]/g, ""))} maxLength={63} />
      {name !== "" && <Button isSmall variant="plain" onPress={clear}>{operations.clearFilters}</Button>}
    </>
  );
}
