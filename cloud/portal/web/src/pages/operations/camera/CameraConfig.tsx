import { Badge, Table, type Column } from "../../../design";
import { camera as t } from "../../../text/en/operations/fleet";
import { config as texts } from "../../../text/en/operations/config";
import { objectOf } from "../shared/heartbeat";
import { compareSettings, writeSetting, type SettingRow } from "../shared/settings";

const COLUMNS: readonly Column<SettingRow>[] = [
  { id: "setting", title: t.setting, isHeader: true, value: (one) => one.setting, cell: (one) => <span className="mono">{one.setting}</span> },
  { id: "desired", title: t.desired, value: (one) => writeSetting(one.desired), cell: (one) => <Setting value={one.desired} /> },
  { id: "reported", title: t.reported, value: (one) => writeSetting(one.reported), cell: (one) => <Setting value={one.reported} /> },
  { id: "differs", title: t.differs, value: (one) => (one.differs ? t.differs : t.same), cell: (one) => (one.differs ? <Badge tone="warn">{t.differs}</Badge> : <span className="quiet">{t.same}</span>) },
];

/** Desired and reported settings side by side, and the outcome that the camera reported. */
export function CameraConfig({ config }: { config: Readonly<Record<string, unknown>> }) {
  const rows = compareSettings(config);
  const outcome = objectOf(objectOf(config["reported"])["config_outcome"]);
  if (rows.length === 0) return <p className="quiet">{t.noConfig}</p>;
  return (
    <div className="stack">
      <p className="quiet">{t.configLead}</p>
      <Table caption={t.config} columns={COLUMNS} rows={rows} rowKey={(one) => one.setting} isPlain />
      {typeof outcome["outcome"] === "string" && <p className="quiet">{t.outcome(outcome["outcome"], String(outcome["reason"] ?? ""))}</p>}
    </div>
  );
}

export function Setting({ value }: { value: unknown }) {
  if (value === undefined) return <span className="quiet">{texts.absent}</span>;
  return <span className="mono">{writeSetting(value)}</span>;
}
