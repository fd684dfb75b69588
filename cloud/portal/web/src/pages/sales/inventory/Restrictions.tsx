import { useState } from "react";
import { useChange, useGet, type Schema } from "../../../api/client";
import { Button, Card, DataView, Empty, Facts, Notice, TextField } from "../../../design";
import { Missing } from "../../../format/Missing";
import { useSearchText } from "../../../routing/address";
import { inventory as t } from "../../../text/en/inventory";
import { sales } from "../../../text/en/sales";
import { LocationChooser } from "../parts/choosers";
import { fieldErrors } from "../parts/field-errors";
import { Filters } from "../parts/Filters";
import { FormDialog } from "./FormDialog";

type Found = Schema<"RestrictionsResponse">;
const FIELDS = ["categories", "max_length_s", "reason"];

export function Restrictions() {
  const [location, setLocation] = useSearchText("location");
  return (
    <div className="stack">
      <Filters><LocationChooser value={location} onChange={setLocation} /></Filters>
      {location === "" ? <Empty title={t.tabs.restrictions}>{t.choose}</Empty> : <OfScreen key={location} location={location} />}
    </div>
  );
}

function OfScreen({ location }: { location: string }) {
  const query = useGet("/api/screens/{location}/restrictions", { params: { path: { location } } });
  const [isEditing, setEditing] = useState(false);
  const [isSaved, setSaved] = useState(false);
  const edit = <Button isSmall onPress={() => { setEditing(true); setSaved(false); }}>{t.edit}</Button>;
  return (
    <DataView query={query}>
      {(data) => (
        <>
          {isSaved && <Notice tone="good" isAnnounced>{t.saved}</Notice>}
          <Card title={location} actions={edit}><Facts rows={listFacts(data)} /></Card>
          {isEditing && <RestrictionsForm found={data} onClose={() => setEditing(false)} onSaved={() => { setEditing(false); setSaved(true); }} />}
        </>
      )}
    </DataView>
  );
}

function listFacts(found: Found) {
  const sizes = (found.sizes ?? []).map((one) => `${one.width_px} × ${one.height_px}`).join(", ");
  return [
    [t.categories, found.categories?.join(", ") || t.noLines],
    [t.longest, found.max_length_s ?? <Missing key="longest" reason={t.longestNote} />],
    [t.sizes, sizes || t.ownSize],
    [sales.shared.reason, found.reason],
  ] as const;
}

function RestrictionsForm({ found, onClose, onSaved }: { found: Found; onClose: () => void; onSaved: () => void }) {
  const [categories, setCategories] = useState(found.categories?.join(", ") ?? "");
  const [longest, setLongest] = useState(found.max_length_s?.toString() ?? "");
  const [reason, setReason] = useState("");
  const put = useChange("put", "/api/screens/{location}/restrictions", { invalidates: ["/api/screens/{location}/restrictions"], onSuccess: onSaved });
  const errors = fieldErrors(put.error);
  const send = () => put.mutate({
    params: { path: { location: found.location } },
    body: { categories: categories.split(/[\s,]+/).filter(Boolean), sizes: found.sizes ?? [], max_length_s: longest === "" ? null : Number(longest), reason },
  });
  return (
    <FormDialog title={found.location} fields={FIELDS} error={put.error} isPending={put.isPending} onSubmit={send} onClose={onClose}>
      <TextField label={t.categories} description={t.categoriesNote} value={categories} onChange={setCategories} errorMessage={errors.categories} />
      <TextField label={t.longest} description={t.longestNote} inputMode="numeric" value={longest} onChange={setLongest} errorMessage={errors.max_length_s} />
      <TextField label={sales.shared.reason} description={sales.shared.reasonNote} isRequired minLength={3} maxLength={200} value={reason} onChange={setReason} errorMessage={errors.reason} />
    </FormDialog>
  );
}
