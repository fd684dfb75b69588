// What the JSON Schema of the settings says of each, for the fields of the editor.

type Json = Readonly<Record<string, unknown>>;

export type SettingKind = "boolean" | "number" | "text" | "json";

export interface SettingField {
  name: string;
  kind: SettingKind;
  isWhole: boolean;
  least: number | null;
  most: number | null;
  description: string;
}

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

/** The settings of the schema in its own order; what is no single value is edited as JSON. */
export function readFields(schema: Json): readonly SettingField[] {
  const definitions = schema["$defs"];
  const root = isObject(definitions) ? definitions["DeviceConfig"] : undefined;
  const properties = isObject(root) ? root["properties"] : undefined;
  return isObject(properties) ? Object.entries(properties).map(([name, one]) => readField(name, isObject(one) ? one : {})) : [];
}

function readField(name: string, schema: Json): SettingField {
  const type = schema["type"];
  const kind = type === "boolean" ? "boolean" : type === "integer" || type === "number" ? "number" : type === "string" ? "text" : "json";
  const [least, most, above] = [schema["minimum"], schema["maximum"], schema["exclusiveMinimum"]].map((one) => (typeof one === "number" ? one : null));
  return { name, kind, isWhole: type === "integer", least: least ?? above ?? null, most: most ?? null, description: String(schema["description"] ?? "") };
}

export interface SettingDraft {
  isWithdrawn: boolean;
  /** What was typed; for a number NaN is an empty field. */
  value: string | number | boolean;
}

export function firstDraft({ kind, least }: SettingField): SettingDraft {
  if (kind === "boolean") return { isWithdrawn: false, value: false };
  if (kind === "number") return { isWithdrawn: false, value: least ?? NaN };
  return { isWithdrawn: false, value: kind === "json" ? "[]" : "" };
}

/** The value to send; undefined for one that is not valid yet. `null` withdraws the setting. */
export function readDraft({ kind }: SettingField, { isWithdrawn, value }: SettingDraft): unknown {
  if (isWithdrawn) return null;
  if (kind === "number") return typeof value === "number" && !Number.isNaN(value) ? value : undefined;
  if (kind === "text") return value === "" ? undefined : value;
  if (kind === "boolean") return value;
  try {
    return JSON.parse(String(value)) as unknown;
  } catch {
    return undefined;
  }
}
