import { useState } from "react";
import { useGet, type Schema } from "../../api/client";
import { Badge, Button, DataView, Empty, Link, Page, Table, type Column, type Tone } from "../../design";
import { Flight } from "../../format/Flight";
import { change } from "../../format/number";
import { dateText } from "../../format/time";
import { experiments as t } from "../../text/en/retail";
import { ExperimentForm } from "./ExperimentForm";
import { ofBasisPoints } from "./shared";

export type Experiment = Schema<"ExperimentResponse">;
export const STATE_TONES: Readonly<Record<Experiment["state"], Tone>> = { scheduled: "info", running: "good", ended: "neutral", stopped: "warn" };

export default function Experiments() {
  const query = useGet("/api/retail/experiments");
  const [isNew, setNew] = useState(false);
  const create = <Button variant="primary" onPress={() => setNew(true)}>{t.create}</Button>;
  return (
    <Page title={t.title} lead={t.lead} actions={create}>
      <DataView query={query} isEmpty={(data) => data.experiments.length === 0} empty={<Empty title={t.none}>{t.noneDetail}</Empty>}>
        {(data) => <Table caption={t.table} columns={COLUMNS} rows={data.experiments} rowKey={(row) => row.id} />}
      </DataView>
      {isNew && <ExperimentForm onClose={() => setNew(false)} />}
    </Page>
  );
}

const COLUMNS: readonly Column<Experiment>[] = [
  { id: "name", title: t.name, cell: (row) => <Link to={`/retail/experiments/${row.id}`}>{row.name}</Link>, value: (row) => row.name, isHeader: true },
  { id: "state", title: t.state, cell: (row) => <Badge tone={STATE_TONES[row.state]}>{t.states[row.state]}</Badge>, value: (row) => row.state },
  { id: "products", title: t.products, cell: (row) => row.products.join(", "), value: (row) => row.products.join(", ") },
  { id: "change", title: t.change, cell: (row) => change(ofBasisPoints(row.change_bp), 1), value: (row) => row.change_bp, isNumber: true },
  { id: "period", title: t.period, cell: (row) => <Flight from={dateText(row.starts_at)} until={dateText(row.stopped_at ?? row.ends_at)} />, value: (row) => row.starts_at },
  { id: "clusters", title: t.clusters, cell: (row) => t.clusterText(row.clusters.control ?? 0, row.clusters.treated ?? 0), value: (row) => (row.clusters.control ?? 0) + (row.clusters.treated ?? 0) },
];
