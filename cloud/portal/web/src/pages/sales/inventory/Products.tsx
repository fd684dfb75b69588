import { useState } from "react";
import { useChange, useGet, type Schema } from "../../../api/client";
import { Badge, Button, DataView, Empty, NumberField, Table, TextField, type Column } from "../../../design";
import { count } from "../../../format/number";
import { inventory as t } from "../../../text/en/inventory";
import { sales } from "../../../text/en/sales";
import { Chooser, toChoices } from "../parts/choosers";
import { DecisionDialog } from "../parts/DecisionDialog";
import { fieldErrors } from "../parts/field-errors";
import { LocationsField } from "../parts/LocationsField";
import { FormDialog } from "./FormDialog";

type Product = Schema<"ProductResponse">;
type Delivery = Schema<"DeliveryType">;
const CHANGED = ["/api/products"] as const;
const FIELDS = ["name", "locations", "daypart", "min_hours", "delivery", "product"];

export function Products() {
  const query = useGet("/api/products");
  const [edited, setEdited] = useState<Product | "new" | null>(null);
  const [removed, setRemoved] = useState<Product | null>(null);
  const columns = listColumns(setEdited, setRemoved);
  return (
    <div className="stack">
      <div><Button variant="primary" onPress={() => setEdited("new")}>{t.newProduct}</Button></div>
      <DataView query={query} isEmpty={(data) => data.products.length === 0} empty={<Empty title={t.noProducts}>{t.noProductsDetail}</Empty>}>
        {(data) => <Table caption={t.tabs.products} columns={columns} rows={data.products} rowKey={(one) => one.id} initialSorting={{ column: "id" }} />}
      </DataView>
      {edited !== null && <ProductForm product={edited === "new" ? null : edited} onClose={() => setEdited(null)} />}
      {removed !== null && <RemoveProduct key={removed.id} product={removed} onClose={() => setRemoved(null)} />}
    </div>
  );
}

function ProductForm({ product, onClose }: { product: Product | null; onClose: () => void }) {
  const [id, setId] = useState(product?.id ?? "");
  const [name, setName] = useState(product?.name ?? "");
  const [delivery, setDelivery] = useState<Delivery>(product?.delivery ?? "guaranteed");
  const [locations, setLocations] = useState<readonly string[]>(product?.locations ?? []);
  const [daypart, setDaypart] = useState(product?.daypart ?? "");
  const [minHours, setMinHours] = useState(product?.min_hours ?? 1);
  const dayparts = useGet("/api/dayparts").data?.dayparts ?? [];
  const put = useChange("put", "/api/products/{product}", { invalidates: CHANGED, onSuccess: onClose });
  const errors = fieldErrors(put.error);
  const send = () => put.mutate({
    params: { path: { product: id } },
    body: { name, delivery, locations: [...locations], daypart: daypart || null, min_hours: minHours },
  });
  return (
    <FormDialog title={product === null ? t.newProduct : product.name} fields={FIELDS} error={put.error} isPending={put.isPending} isDisabled={id === "" || locations.length === 0} onSubmit={send} onClose={onClose} isWide>
      <div className="fields">
        <TextField label={t.id} description={t.idNote} isRequired isDisabled={product !== null} maxLength={63} value={id} onChange={setId} errorMessage={errors.product} />
        <TextField label={t.name} isRequired maxLength={120} value={name} onChange={setName} errorMessage={errors.name} />
      </div>
      <LocationsField value={locations} onChange={setLocations} errorMessage={errors.locations} />
      <div className="fields">
        <Chooser label={t.delivery} choices={toChoices(t.deliveries)} value={delivery} onChange={(one) => setDelivery(one as Delivery)} errorMessage={errors.delivery} />
        <Chooser label={t.daypart} choices={dayparts.map((one) => ({ value: one.id, label: one.name }))} all={t.everyHour} value={daypart} onChange={setDaypart} errorMessage={errors.daypart} />
        <NumberField label={t.minHours} minValue={1} value={minHours} onChange={setMinHours} errorMessage={errors.min_hours} />
      </div>
    </FormDialog>
  );
}

function RemoveProduct({ product, onClose }: { product: Product; onClose: () => void }) {
  const remove = useChange("delete", "/api/products/{product}", { invalidates: CHANGED, onSuccess: onClose });
  const send = () => remove.mutate({ params: { path: { product: product.id } } });
  return (
    <DecisionDialog title={t.remove} confirm={t.remove} variant="danger" needsReason={false} error={remove.error} isPending={remove.isPending} onConfirm={send} onClose={onClose}>
      <p>{t.removeText(product.name)}</p>
    </DecisionDialog>
  );
}

function listColumns(edit: (one: Product) => void, remove: (one: Product) => void): readonly Column<Product>[] {
  return [
    { id: "id", title: t.id, cell: (one) => one.id, value: (one) => one.id, isHeader: true },
    { id: "name", title: t.name, cell: (one) => <>{one.name} {one.is_package && <Badge>{t.package}</Badge>}</>, value: (one) => one.name },
    { id: "delivery", title: t.delivery, cell: (one) => t.deliveries[one.delivery ?? "guaranteed"], value: (one) => t.deliveries[one.delivery ?? "guaranteed"] },
    { id: "locations", title: sales.shared.locations, cell: (one) => one.locations.join(", "), value: (one) => one.locations.join(", ") },
    { id: "daypart", title: t.daypart, cell: (one) => one.daypart ?? t.everyHour, value: (one) => one.daypart ?? null },
    { id: "hours", title: t.minHours, cell: (one) => count(one.min_hours), value: (one) => one.min_hours ?? null, isNumber: true },
    { id: "actions", title: t.edit, cell: (one) => <span className="row"><Button isSmall onPress={() => edit(one)}>{t.edit}</Button><Button isSmall variant="danger" onPress={() => remove(one)}>{t.remove}</Button></span> },
  ];
}
