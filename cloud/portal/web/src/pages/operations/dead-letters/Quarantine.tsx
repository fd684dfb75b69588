import { useChange, useGet, type Schema } from "../../../api/client";
import { Button, Card, ProblemNotice, Table, type Column } from "../../../design";
import { count } from "../../../format/number";
import { instantText } from "../../../format/time";
import { deadLetters as t } from "../../../text/en/operations/data";

type Device = Schema<"QuarantinedDevice">;

/** The devices whose failing messages are no longer stored; nothing when there are none. */
export function Quarantine() {
  const query = useGet("/api/quarantined-devices");
  const release = useChange("post", "/api/quarantined-devices/{device}/release", { invalidates: ["/api/quarantined-devices"] });
  const devices = query.data?.devices ?? [];
  if (devices.length === 0) return null;
  const columns: readonly Column<Device>[] = [
    { id: "device", title: t.quarantineColumns.device, isHeader: true, value: (one) => one.device, cell: (one) => `${one.location}, ${one.device}` },
    { id: "since", title: t.quarantineColumns.since, value: (one) => one.since_at, cell: (one) => instantText(one.since_at) },
    { id: "messages", title: t.quarantineColumns.messages, isNumber: true, value: (one) => one.messages, cell: (one) => count(one.messages) },
    { id: "reason", title: t.quarantineColumns.reason, value: (one) => one.reason, cell: (one) => one.reason },
    { id: "release", title: t.release, cell: (one) => <Button isSmall aria-label={`${t.release}: ${one.device}`} isPending={release.isPending} onPress={() => release.mutate({ params: { path: { device: one.device } } })}>{t.release}</Button> },
  ];
  return (
    <Card title={t.quarantine}>
      <p>{t.quarantineLead}</p>
      <ProblemNotice error={release.error} />
      <Table caption={t.quarantine} columns={columns} rows={devices} rowKey={(one) => `${one.location} ${one.device}`} isPlain />
    </Card>
  );
}
