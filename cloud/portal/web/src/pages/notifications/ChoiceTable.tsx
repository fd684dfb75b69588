import { Card, Select, Table, type Column } from "../../design";
import { notifications as t } from "../../text/en/notifications";
import { CHANNELS, modesOf, setMode, type Channel, type Mode } from "./preferences";
import type { FieldsProps } from "./PreferenceFields";
import "./notifications.css";

/** Each event with its mode in each channel. */
export function ChoiceTable({ form, onChange }: FieldsProps) {
  const columns: readonly Column<string>[] = [
    { id: "kind", title: t.kind, isHeader: true, cell: kindText },
    ...CHANNELS.map((channel) => ({
      id: channel,
      title: t.channels[channel] ?? channel,
      cell: (topic: string) => <ModeChoice topic={topic} channel={channel} mode={form.choices[topic]?.[channel] ?? "off"} onChange={(mode) => onChange(setMode(form, topic, channel, mode))} />,
    })),
  ];
  return (
    <Card title={t.choices}>
      <div className="choice-table"><Table caption={t.choicesCaption} columns={columns} rows={Object.keys(form.choices)} rowKey={(topic) => topic} isPlain /></div>
    </Card>
  );
}

const kindText = (topic: string): string => t.kinds[topic] ?? topic;

function ModeChoice({ topic, channel, mode, onChange }: { topic: string; channel: Channel; mode: Mode; onChange: (mode: Mode) => void }) {
  const label = t.choiceLabel(kindText(topic), t.channels[channel] ?? channel);
  return <Select label={label} choices={modesOf(channel).map((value) => ({ value, label: t.modes[value] ?? value }))} value={mode} onChange={onChange} />;
}
