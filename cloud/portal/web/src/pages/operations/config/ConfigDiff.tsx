import type { Schema } from "../../../api/client";
import { Button, Card, Notice, Table, type Column } from "../../../design";
import { config as t } from "../../../text/en/operations/config";
import { writeSetting } from "../shared/settings";

type Change = Schema<"SettingChange">;
const ABSENT = "-";

const written = (value: unknown): string => (value === ABSENT ? t.absent : writeSetting(value));

const COLUMNS: readonly Column<Change>[] = [
  { id: "device", title: t.columns.device, isHeader: true, value: (one) => one.device, cell: (one) => one.device },
  { id: "setting", title: t.columns.setting, value: (one) => one.setting, cell: (one) => <span className="mono">{one.setting}</span> },
  { id: "now", title: t.columns.now, value: (one) => written(one.now), cell: (one) => <del className="mono">{written(one.now)}</del> },
  { id: "after", title: t.columns.after, value: (one) => written(one.after), cell: (one) => <ins className="mono">{written(one.after)}</ins> },
];

export interface ConfigDiffProps {
  answer: Schema<"ConfigUpdateAnswer">;
  isPending: boolean;
  onApply: () => void;
}

/** What an update changes on each camera, and the button that applies it. */
export function ConfigDiff({ answer, isPending, onApply }: ConfigDiffProps) {
  if (answer.devices === 0) return <Notice isAnnounced>{t.noChange}</Notice>;
  return (
    <Card title={t.diff(answer.devices)}>
      <div className="stack">
        <Table caption={t.diff(answer.devices)} columns={COLUMNS} rows={answer.changes} rowKey={(one) => `${one.device} ${one.setting}`} />
        <div><Button variant="primary" isPending={isPending} onPress={onApply}>{t.apply(answer.devices)}</Button></div>
      </div>
    </Card>
  );
}
