import { useGet, type Schema } from "../../api/client";
import { Badge, Card, DataView, Empty, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { count } from "../../format/number";
import { instantText } from "../../format/time";
import { products as t } from "../../text/en/products";
import { SendFile } from "./SendFile";

type Upload = Schema<"UploadDocument">;
const TONES = { received: "info", loaded: "good", refused: "bad" } as const;

export function Uploads({ product, takes }: { product: string; takes: readonly Schema<"UploadSpecification">[] }) {
  const query = useGet("/api/data-products/{product}/uploads", { params: { path: { product } } });
  return (
    <Card title={t.uploads}>
      <p className="quiet">{t.uploadsLead}</p>
      <SendFile product={product} takes={takes} />
      <DataView query={query} isEmpty={(data) => data.uploads.length === 0} empty={<Empty title={t.noUploads} />}>
        {(data) => <Table caption={t.uploads} columns={COLUMNS} rows={data.uploads} rowKey={(one) => one.id} />}
      </DataView>
    </Card>
  );
}

const COLUMNS: readonly Column<Upload>[] = [
  { id: "file", title: t.columns.file, isHeader: true, value: (one) => one.file_name, cell: (one) => one.file_name },
  { id: "at", title: t.columns.at, value: (one) => one.received_at, cell: (one) => instantText(one.received_at) },
  { id: "by", title: t.columns.by, value: (one) => one.received_by, cell: (one) => one.received_by },
  { id: "state", title: t.columns.state, value: (one) => one.state, cell: (one) => <State state={one.state} /> },
  { id: "good", title: t.columns.good, isNumber: true, value: (one) => one.rows_loaded, cell: (one) => rowsOf(one.rows_loaded) },
  { id: "bad", title: t.columns.bad, isNumber: true, value: (one) => one.rows_refused, cell: (one) => rowsOf(one.rows_refused) },
  { id: "reason", title: t.columns.reason, cell: (one) => one.reason },
];

const rowsOf = (rows: number | null) => (rows === null ? <Missing /> : count(rows));

function State({ state }: { state: string }) {
  const known = state as keyof typeof TONES;
  return <Badge tone={TONES[known] ?? "neutral"}>{t.states[known] ?? state}</Badge>;
}
