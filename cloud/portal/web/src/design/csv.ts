interface CsvColumn<Row> {
  title: string;
  value?: (row: Row) => string | number | null;
}

const STARTS_A_FORMULA = /^[=+\-@\t\r]/;

/** RFC 4180. A text that a spreadsheet would read as a formula begins with an apostrophe. */
export function writeCsv<Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string {
  const written = columns.flatMap(({ title, value }) => (value === undefined ? [] : [{ title, value }]));
  const lines = [written.map(({ title }) => writeCell(title)), ...rows.map((row) => written.map(({ value }) => writeCell(value(row))))];
  return lines.map((cells) => `${cells.join(",")}\r\n`).join("");
}

function writeCell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const inert = STARTS_A_FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

export function saveCsv<Row>(name: string, columns: readonly CsvColumn<Row>[], rows: readonly Row[]): void {
  saveFile(`${fileName(name)}.csv`, new Blob(["\ufeff", writeCsv(columns, rows)], { type: "text/csv;charset=utf-8" }));
}

export function saveFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1_000);
}

function fileName(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 80) || "table";
}
