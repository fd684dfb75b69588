import { useState } from "react";
import { FileTrigger } from "react-aria-components";
import { useChange, type Schema } from "../../api/client";
import { Button, Dialog, Notice, ProblemNotice, Select } from "../../design";
import { common } from "../../text/en";
import { products as t } from "../../text/en/products";

const UPLOADS = "/api/data-products/{product}/uploads";
/** The body is the file itself, not JSON. */
const AS_FILE = { headers: { "Content-Type": "application/octet-stream" }, bodySerializer: (body: unknown) => body as BodyInit };

/** Chooses a file, shows how it would be read, and loads it. */
export function SendFile({ product, takes }: { product: string; takes: readonly Schema<"UploadSpecification">[] }) {
  const [file, setFile] = useState<File | null>(null);
  const [table, setTable] = useState(takes[0]?.table ?? "");
  const send = useChange("post", UPLOADS, { invalidates: ["/api/data-products", "/api/data-products/{product}", UPLOADS, "/api/data-products/{product}/tables/{table}"] });
  const preview = useChange("post", "/api/data-products/{product}/previews");
  const chosen = takes.find((one) => one.table === table);
  const asked = (of: File) => ({ params: { path: { product }, query: { name: of.name, table } }, body: of as unknown as string, ...AS_FILE });
  const choose = (files: FileList | null) => { setFile(files?.[0] ?? null); send.reset(); preview.reset(); };
  return (
    <div className="stack">
      <div className="fields">
        <Select label={t.kind} choices={takes.map((one) => ({ value: one.table, label: one.title }))} value={table} onChange={setTable} description={chosen && t.takes(chosen.files.join(", "), chosen.required.join(", "))} />
      </div>
      <div className="row">
        <FileTrigger onSelect={choose}><Button>{t.choose}</Button></FileTrigger>
        {file !== null && <span>{file.name}</span>}
        {file !== null && <Button isPending={preview.isPending} onPress={() => preview.mutate(asked(file))}>{t.preview}</Button>}
        {file !== null && <Button variant="primary" isPending={send.isPending} onPress={() => send.mutate(asked(file))}>{t.send}</Button>}
      </div>
      {send.error && <ProblemNotice error={send.error} />}
      {preview.error && <ProblemNotice error={preview.error} />}
      {send.data && <Outcome outcome={send.data} />}
      {preview.data && <Preview found={preview.data} onClose={preview.reset} />}
    </div>
  );
}

function Outcome({ outcome }: { outcome: Schema<"UploadResponse"> }) {
  const problems = [...outcome.stopped, ...(outcome.failure === null ? [] : [outcome.failure])];
  if (problems.length > 0) return <Notice tone="bad" title={t.stopped} isAnnounced>{problems.join("; ")}</Notice>;
  const { rows_loaded, rows_refused } = outcome.upload;
  return <Notice tone="good" isAnnounced>{outcome.is_duplicate ? t.duplicate : t.loaded(rows_loaded, rows_refused)}</Notice>;
}

function Preview({ found, onClose }: { found: Schema<"FilePreviewResponse">; onClose: () => void }) {
  return (
    <Dialog title={t.previewTitle} isOpen isWide onClose={onClose} actions={<Button onPress={onClose}>{common.close}</Button>}>
      <p>{found.description}. {t.readable(found.good, found.bad)}</p>
      {found.ignored.length > 0 && <p>{t.leftOut(found.ignored.join(", "))}</p>}
      <ul>{found.bad_rows.map((one) => <li key={`${one.row} ${one.reason}`}>{t.badRow(one.row, one.reason)}</li>)}</ul>
      <div className="table-scroll" role="region" aria-label={t.previewTitle} tabIndex={0}>
        <table className="table">
          <thead><tr>{found.columns.map(([name]) => <th key={name} scope="col">{name}</th>)}</tr></thead>
          <tbody>{found.rows.map((row, number) => <tr key={number}>{row.map((value, at) => <td key={at}>{value === null ? "—" : String(value)}</td>)}</tr>)}</tbody>
        </table>
      </div>
    </Dialog>
  );
}
