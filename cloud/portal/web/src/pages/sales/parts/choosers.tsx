// Choices of accounts and screens, as filters and in forms.

import { useGet } from "../../../api/client";
import { useAll } from "../../../api/pages";
import { Select, type Choice } from "../../../design";
import { sales } from "../../../text/en/sales";

const ALL = "";
const MOST = 200;

export interface ChooserProps {
  value: string;
  onChange: (value: string) => void;
  /** The words for no choice; without them one must be chosen. */
  all?: string;
  label?: string;
  errorMessage?: string;
}

export function AccountChooser({ label = sales.shared.account, ...rest }: ChooserProps) {
  const found = useAll("/api/accounts", {}, (page) => page.accounts, { limit: MOST }).data;
  const choices = found?.map((one) => ({ value: one.id, label: one.name, description: one.id })) ?? [];
  return <Chooser label={label} choices={choices} {...rest} />;
}

export function LocationChooser({ label = sales.shared.location, ...rest }: ChooserProps) {
  const found = useGet("/api/locations").data;
  const choices = found?.locations.map((one) => ({ value: one.id, label: one.id, description: one.name })) ?? [];
  return <Chooser label={label} choices={choices} {...rest} />;
}

/** A select whose empty value has words of its own, so that a filter can be taken back. */
export function Chooser({ label = "", choices, value, onChange, all, errorMessage }: ChooserProps & { choices: readonly Choice[] }) {
  const every = all === undefined ? choices : [{ value: ALL, label: all }, ...choices];
  const isKnown = every.some((one) => one.value === value);
  const shown = isKnown || value === ALL ? every : [...every, { value, label: value }];
  return <Select label={label} choices={shown} value={all === undefined && value === ALL ? null : value} onChange={onChange} errorMessage={errorMessage} />;
}

/** Choices of the words of an enumeration. */
export function toChoices(words: Readonly<Record<string, string>>): readonly Choice[] {
  return Object.entries(words).map(([value, label]) => ({ value, label }));
}
