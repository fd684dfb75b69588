import { useState } from "react";
import { useChange, type Schema } from "../../api/client";
import { Button, Dialog, Form, NumberField, ProblemNotice, Segments, Select } from "../../design";
import { common } from "../../text/en";
import { analytics } from "../../text/en/analytics";

const t = analytics.views;
type Schedule = Schema<"ScheduleDocument">;
const EVERY = Object.entries(t.intervals).map(([value, label]) => ({ value: value as Schedule["every"], label }));
const WEEKDAYS = t.dayNames.map((label, at) => ({ value: String(at + 1), label }));
const HOURS = Array.from({ length: 24 }, (_, hour) => ({ value: String(hour), label: `${String(hour).padStart(2, "0")}:00` }));
const USUAL: Schedule = { every: "weekly", day: 1, hour: 7 };
const LISTS = { invalidates: ["/api/analytics/views"] as const };

interface ScheduleDialogProps {
  view: Schema<"SavedViewDocument">;
  onClose: () => void;
}

/** When the user receives a view by e-mail. */
export function ScheduleDialog({ view, onClose }: ScheduleDialogProps) {
  const [schedule, setSchedule] = useState<Schedule>(view.schedule ?? USUAL);
  const params = { path: { view: view.id } };
  const save = useChange("put", "/api/analytics/views/{view}/schedule", { ...LISTS, onSuccess: onClose });
  const stop = useChange("delete", "/api/analytics/views/{view}/schedule", { ...LISTS, onSuccess: onClose });
  const submit = () => save.mutate({ params, body: schedule });
  return (
    <Dialog title={t.scheduleTitle(view.name)} isOpen onClose={onClose}>
      <Form onSubmit={submit} className="analytics-form">
        <Segments label={t.every} choices={EVERY} value={schedule.every} onChange={(every) => setSchedule({ ...schedule, every, day: 1 })} />
        <DayField schedule={schedule} onChange={(day) => setSchedule({ ...schedule, day })} />
        <Select label={t.hour} description={t.clock} choices={HOURS} value={String(schedule.hour)} onChange={(hour) => setSchedule({ ...schedule, hour: Number(hour) })} />
        <ProblemNotice error={save.error ?? stop.error} />
        <div className="row">
          {view.schedule !== null && <Button variant="danger" isPending={stop.isPending} onPress={() => stop.mutate({ params })}>{t.stop}</Button>}
          <Button onPress={onClose}>{common.cancel}</Button>
          <Button type="submit" variant="primary" isPending={save.isPending}>{common.save}</Button>
        </div>
      </Form>
    </Dialog>
  );
}

function DayField({ schedule, onChange }: { schedule: Schedule; onChange: (day: number) => void }) {
  if (schedule.every === "weekly") return <Select label={t.weekday} choices={WEEKDAYS} value={String(schedule.day)} onChange={(day) => onChange(Number(day))} />;
  return <NumberField label={t.dayOfMonth} minValue={1} maxValue={28} value={schedule.day} onChange={(day) => onChange(Number.isNaN(day) ? 1 : day)} />;
}
