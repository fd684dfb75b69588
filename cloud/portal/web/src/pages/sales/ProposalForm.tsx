import { useState } from "react";
import { useChange, type Schema } from "../../api/client";
import { Button, DateField, Dialog, Form, NumberField, ProblemNotice, Segments, TextField } from "../../design";
import { common } from "../../text/en";
import { sales } from "../../text/en/sales";
import { AccountChooser, toChoices } from "./parts/choosers";
import { fieldErrors, isBesideFields } from "./parts/field-errors";
import { LocationsField } from "./parts/LocationsField";
import { fieldInstant } from "./parts/screens";

type Body = Schema<"NewProposalRequest">;
type Source = keyof typeof sales.proposals.sources;
const t = sales.proposals;
const FIELDS = ["name", "note", "valid_until", "account", "selection.hours", "selection.locations", "selection.until"];

export interface ProposalFormProps {
  initialAccount: string;
  onClose: () => void;
  onOffered: (id: string) => void;
}

/** Offers hours of some screens, the slots of a quote, or the lines of a plan. */
export function ProposalForm({ initialAccount, onClose, onOffered }: ProposalFormProps) {
  const [account, setAccount] = useState(initialAccount);
  const [name, setName] = useState("");
  const [note, setNote] = useState("");
  const [until, setUntil] = useState("");
  const [source, setSource] = useState<Source>("range");
  const [id, setId] = useState("");
  const [range, setRange] = useState<Range>({ locations: [], from: "", until: "", hours: "", positions: 1 });
  const offer = useChange("post", "/api/proposals", { invalidates: ["/api/proposals"], onSuccess: (made) => onOffered(made.id) });
  const errors = fieldErrors(offer.error);
  const submit = () => {
    const slots = source === "range" ? { selection: toSelection(range) } : { [source]: id.trim() };
    const body = { account, name, note: note || null, valid_until: fieldInstant(until) ?? "", ...slots } as Body;
    offer.mutate({ body });
  };
  const actions = (
    <>
      <Button onPress={onClose}>{common.cancel}</Button>
      <Button type="submit" form="offer" variant="primary" isPending={offer.isPending} isDisabled={account === "" || (source === "range" && range.locations.length === 0)}>{t.offer}</Button>
    </>
  );
  return (
    <Dialog title={t.create} isOpen onClose={onClose} isWide actions={actions}>
      <Form id="offer" className="stack" onSubmit={submit}>
        <div className="fields">
          <AccountChooser value={account} onChange={setAccount} errorMessage={errors.account} />
          <TextField label={t.name} isRequired maxLength={120} value={name} onChange={setName} errorMessage={errors.name} />
          <DateField label={t.validUntil} description={t.validUntilNote} kind="datetime-local" isRequired value={until} onChange={setUntil} errorMessage={errors.valid_until} />
        </div>
        <TextField label={t.note} maxLength={500} value={note} onChange={setNote} errorMessage={errors.note} />
        <Segments label={t.source} choices={toChoices(t.sources)} value={source} onChange={(one) => setSource(one as Source)} />
        {source === "range"
          ? <RangeFields range={range} onChange={setRange} errors={errors} />
          : <TextField label={source === "quote" ? t.quote : t.plan} isRequired maxLength={64} value={id} onChange={setId} />}
        {!isBesideFields(offer.error, FIELDS) && <ProblemNotice error={offer.error} />}
      </Form>
    </Dialog>
  );
}

interface Range {
  locations: readonly string[];
  from: string;
  until: string;
  hours: string;
  positions: number;
}

function toSelection({ locations, from, until, hours, positions }: Range) {
  return { locations: [...locations], from, until, hours, positions };
}

function RangeFields({ range, onChange, errors }: { range: Range; onChange: (range: Range) => void; errors: Readonly<Record<string, string>> }) {
  const set = (change: Partial<Range>) => onChange({ ...range, ...change });
  return (
    <>
      <LocationsField value={range.locations} onChange={(locations) => set({ locations })} errorMessage={errors["selection.locations"]} />
      <div className="fields">
        <DateField label={sales.shared.from} isRequired value={range.from} onChange={(from) => set({ from })} />
        <DateField label={sales.shared.until} description={sales.shared.untilNotIncluded} isRequired value={range.until} onChange={(until) => set({ until })} errorMessage={errors["selection.until"]} />
        <TextField label={sales.shared.hours} description={sales.shared.hoursNote} maxLength={120} value={range.hours} onChange={(hours) => set({ hours })} errorMessage={errors["selection.hours"]} />
        <NumberField label={sales.shared.positions} minValue={1} value={range.positions} onChange={(positions) => set({ positions })} />
      </div>
    </>
  );
}
