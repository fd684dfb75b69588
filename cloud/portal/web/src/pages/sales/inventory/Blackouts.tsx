import { useState } from "react";
import { useChange, useGet, type Schema } from "../../../api/client";
import { Badge, Button, DataView, DateField, Empty, Segments, Table, TextField, type Column } from "../../../design";
import { useSearchText } from "../../../routing/address";
import { inventory as t } from "../../../text/en/inventory";
import { sales } from "../../../text/en/sales";
import { LocationChooser, toChoices } from "../parts/choosers";
import { DecisionDialog } from "../parts/DecisionDialog";
import { fieldErrors } from "../parts/field-errors";
import { Filters } from "../parts/Filters";
import { fieldInstant, localHour, useScreens, type Screens } from "../parts/screens";
import { FormDialog } from "./FormDialog";

type Blackout = Schema<"BlackoutResponse">;
type Kind = Schema<"BlackoutKind">;
const CHANGED = ["/api/blackouts"] as const;
const FIELDS = ["location", "starts_at", "ends_at", "reason"];

export function Blackouts() {
  const [location, setLocation] = useSearchText("location");
  const query = useGet("/api/blackouts", { params: { query: { location: location || undefined } } });
  const screens = useScreens();
  const [isClosing, setClosing] = useState(false);
  const [opened, setOpened] = useState<Blackout | null>(null);
  return (
    <div className="stack">
      <Filters>
        <LocationChooser value={location} onChange={setLocation} all={sales.shared.everyLocation} />
        <Button variant="primary" onPress={() => setClosing(true)}>{t.newBlackout}</Button>
      </Filters>
      <DataView query={query} isEmpty={(data) => data.blackouts.length === 0} empty={<Empty title={t.noBlackouts}>{t.noBlackoutsDetail}</Empty>}>
        {(data) => <Table caption={t.tabs.blackouts} columns={listColumns(screens, setOpened)} rows={data.blackouts} rowKey={(one) => String(one.id)} initialSorting={{ column: "starts" }} />}
      </DataView>
      {isClosing && <BlackoutForm initialLocation={location} onClose={() => setClosing(false)} />}
      {opened !== null && <OpenAgain key={opened.id} blackout={opened} onClose={() => setOpened(null)} />}
    </div>
  );
}

function BlackoutForm({ initialLocation, onClose }: { initialLocation: string; onClose: () => void }) {
  const [location, setLocation] = useState(initialLocation);
  const [kind, setKind] = useState<Kind>("maintenance");
  const [starts, setStarts] = useState("");
  const [ends, setEnds] = useState("");
  const [reason, setReason] = useState("");
  const create = useChange("post", "/api/blackouts", { invalidates: CHANGED, onSuccess: onClose });
  const errors = fieldErrors(create.error);
  const send = () => create.mutate({ body: { location, kind, reason, starts_at: fieldInstant(starts) ?? "", ends_at: fieldInstant(ends) ?? "" } });
  return (
    <FormDialog title={t.newBlackout} fields={FIELDS} error={create.error} isPending={create.isPending} isDisabled={location === ""} onSubmit={send} onClose={onClose}>
      <LocationChooser value={location} onChange={setLocation} errorMessage={errors.location} />
      <Segments label={t.kind} choices={toChoices(t.kinds)} value={kind} onChange={(one) => setKind(one as Kind)} />
      <div className="fields">
        <DateField label={t.starts} kind="datetime-local" isRequired value={starts} onChange={setStarts} errorMessage={errors.starts_at} />
        <DateField label={t.ends} description={sales.shared.untilNotIncluded} kind="datetime-local" isRequired value={ends} onChange={setEnds} errorMessage={errors.ends_at} />
      </div>
      <TextField label={sales.shared.reason} description={sales.shared.reasonNote} isRequired minLength={3} maxLength={200} value={reason} onChange={setReason} errorMessage={errors.reason} />
    </FormDialog>
  );
}

function OpenAgain({ blackout, onClose }: { blackout: Blackout; onClose: () => void }) {
  const remove = useChange("delete", "/api/blackouts/{blackout}", { invalidates: CHANGED, onSuccess: onClose });
  const send = () => remove.mutate({ params: { path: { blackout: blackout.id } } });
  return (
    <DecisionDialog title={t.open} confirm={t.open} needsReason={false} error={remove.error} isPending={remove.isPending} onConfirm={send} onClose={onClose}>
      <p>{t.openText(blackout.location)}</p>
    </DecisionDialog>
  );
}

function listColumns(screens: Screens, open: (one: Blackout) => void): readonly Column<Blackout>[] {
  const at = (one: Blackout, moment: string) => localHour(moment, screens.get(one.location)?.timezone);
  return [
    { id: "location", title: sales.shared.location, cell: (one) => one.location, value: (one) => one.location, isHeader: true },
    { id: "kind", title: t.kind, cell: (one) => <Badge tone={one.kind === "maintenance" ? "warn" : "info"}>{t.kinds[one.kind]}</Badge>, value: (one) => t.kinds[one.kind] },
    { id: "starts", title: t.starts, cell: (one) => at(one, one.starts_at), value: (one) => one.starts_at },
    { id: "ends", title: t.ends, cell: (one) => at(one, one.ends_at), value: (one) => one.ends_at },
    { id: "reason", title: sales.shared.reason, cell: (one) => one.reason, value: (one) => one.reason },
    { id: "lines", title: t.lines, cell: (one) => (one.lines.length === 0 ? t.noLines : `${one.lines.join(", ")} (${t.linesNote})`), value: (one) => one.lines.length, isNumber: false },
    { id: "by", title: t.createdBy, cell: (one) => one.created_by, value: (one) => one.created_by },
    { id: "open", title: t.open, cell: (one) => <Button isSmall onPress={() => open(one)}>{t.open}</Button> },
  ];
}
