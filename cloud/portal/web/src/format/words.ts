// Words of the API as text, where a table of texts has no entry: `ticket_hall` as `Ticket hall`.

/** `high_traffic_station` as `high traffic station`, `professionals_25_45` as `professionals 25–45`. */
export function toWords(name: string): string {
  return name.replace(/(\d)_(?=\d)/g, "$1–").replace(/[_.]+/g, " ").trim();
}

export function toSentence(name: string): string {
  const words = toWords(name);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `video/mp4` as `MP4 video`. */
export function mediaText(type: string): string {
  const [kind = "", format = ""] = type.split("/");
  return format === "" ? kind : `${format.replace(/^x-/, "").toUpperCase()} ${kind}`;
}

/** The text of a name; in words where the texts do not have it. */
export const wordOf = (texts: Readonly<Record<string, string>>, name: string): string => texts[name] ?? toSentence(name);
