import { useState } from "react";
import { useChange, useGet, type Schema } from "../../../api/client";
import { Button, DataView, Empty, Table, TextField, type Column } from "../../../design";
import { inventory as t } from "../../../text/en/inventory";
import { sales } from "../../../text/en/sales";
import { fieldErrors } from "../parts/field-errors";
import { FormDialog } from "./FormDialog";

type Daypart = Schema<"WeeklyHoursResponse">;
const FIELDS = ["name", "hours", "weekdays", "zone", "daypart"];

export function Dayparts() {
  const query = useGet("/api/dayparts");
  const [edited, setEdited] = useState<Daypart | "new" | null>(null);
  const columns: readonly Column<Daypart>[] = [
    { id: "id", title: t.id, cell: (one) => one.id, value: (one) => one.id, isHeader: true },
    { id: "name", title: t.name, cell: (one) => one.name, value: (one) => one.name },
    { id: "hours", title: sales.shared.hours, cell: (one) => one.hours || t.everyHour, value: (one) => one.hours },
    { id: "weekdays", title: t.weekdays, cell: (one) => one.weekdays.join(", "), value: (one) => one.weekdays.join(", ") },
    { id: "zone", title: t.zone, cell: (one) => one.zone, value: (one) => one.zone },
    { id: "edit", title: t.edit, cell: (one) => <Button isSmall onPress={() => setEdited(one)}>{t.edit}</Button> },
  ];
  return (
    <div className="stack">
      <div><Button variant="primary" onPress={() => setEdited("new")}>{t.newDaypart}</Button></div>
      <DataView query={query} isEmpty={(data) => data.dayparts.length === 0} empty={<Empty title={t.noDayparts}>{t.noDaypartsDetail}</Empty>}>
        {(data) => <Table caption={t.tabs.dayparts} columns={columns} rows={data.dayparts} rowKey={(one) => one.id} initialSorting={{ column: "id" }} />}
      </DataView>
      {edited !== null && <DaypartForm daypart={edited === "new" ? null : edited} onClose={() => setEdited(null)} />}
    </div>
  );
}

function DaypartForm({ daypart, onClose }: { daypart: Daypart | null; onClose: () => void }) {
  const [id, setId] = useState(daypart?.id ?? "");
  const [name, setName] = useState(daypart?.name ?? "");
  const [hours, setHours] = useState(daypart?.hours ?? "");
  const [weekdays, setWeekdays] = useState(daypart?.weekdays.join(", ") ?? "1, 2, 3, 4, 5");
  const [zone, setZone] = useState(daypart?.zone ?? "local");
  const put = useChange("put", "/api/dayparts/{daypart}", { invalidates: ["/api/dayparts"], onSuccess: onClose });
  const errors = fieldErrors(put.error);
  const days = weekdays.split(/[\s,]+/).filter(Boolean).map(Number);
  const send = () => put.mutate({ params: { path: { daypart: id } }, body: { name, hours, weekdays: days, zone } });
  return (
    <FormDialog title={daypart?.name ?? t.newDaypart} fields={FIELDS} error={put.error} isPending={put.isPending} isDisabled={id === ""} onSubmit={send} onClose={onClose}>
      <TextField label={t.id} description={t.idNote} isRequired isDisabled={daypart !== null} maxLength={63} value={id} onChange={setId} errorMessage={errors.daypart} />
      <TextField label={t.name} isRequired maxLength={120} value={name} onChange={setName} errorMessage={errors.name} />
      <TextField label={sales.shared.hours} description={sales.shared.hoursNote} maxLength={120} value={hours} onChange={setHours} errorMessage={errors.hours} />
      <TextField label={t.weekdays} description={t.weekdaysNote} isRequired value={weekdays} onChange={setWeekdays} errorMessage={errors.weekdays} />
      <TextField label={t.zone} description={t.zoneNote} isRequired maxLength={63} value={zone} onChange={setZone} errorMessage={errors.zone} />
    </FormDialog>
  );
}
