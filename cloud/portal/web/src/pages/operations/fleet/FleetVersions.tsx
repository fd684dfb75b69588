import type { Schema } from "../../../api/client";
import { Card } from "../../../design";
import { count } from "../../../format/number";
import { fleet as t } from "../../../text/en/operations/fleet";

/** How many cameras run which version. */
export function FleetVersions({ summary }: { summary: Schema<"FleetSummaryResponse"> }) {
  if (summary.agents.length === 0) return null;
  return (
    <div className="columns">
      <Versions title={t.agents} values={summary.agents} />
      <Versions title={t.detectors} values={summary.detectors} />
    </div>
  );
}

function Versions({ title, values }: { title: string; values: readonly Schema<"ValueCount">[] }) {
  const most = Math.max(1, ...values.map((one) => one.devices));
  return (
    <Card title={`${t.versions}: ${title}`}>
      <ul className="meters">
        {values.map((one) => (
          <li key={one.value}>
            <span className="mono">{one.value}</span>
            <meter min={0} max={most} value={one.devices} aria-hidden="true" />
            <span className="number">{count(one.devices)}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
