import { Checkbox } from "../../../design";
import { sales } from "../../../text/en/sales";
import { useScreens } from "./screens";

export interface LocationsFieldProps {
  value: readonly string[];
  onChange: (value: readonly string[]) => void;
  errorMessage?: string;
}

/** Several screens: a list of boxes that scrolls inside itself. */
export function LocationsField({ value, onChange, errorMessage }: LocationsFieldProps) {
  const screens = [...useScreens().values()];
  const toggle = (id: string, isOn: boolean) => onChange(isOn ? [...value, id] : value.filter((one) => one !== id));
  return (
    <fieldset className="field box-list">
      <legend className="label">{sales.shared.locations}</legend>
      <div className="boxes">
        {screens.map(({ id, name }) => (
          <Checkbox key={id} isSelected={value.includes(id)} onChange={(isOn) => toggle(id, isOn)}><span className="number">{id}</span> <span className="quiet">{name}</span></Checkbox>
        ))}
      </div>
      {errorMessage !== undefined && <span className="error" role="alert">{errorMessage}</span>}
    </fieldset>
  );
}
