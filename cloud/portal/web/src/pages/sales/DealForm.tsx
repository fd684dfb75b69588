import { useState } from "react";
import { useChange, type Schema } from "../../api/client";
import { followOffset, useAll } from "../../api/pages";
import { Button, DateField, Dialog, Form, ProblemNotice, Segments, TextField } from "../../design";
import { decimalToMinor } from "../../format/money";
import { common } from "../../text/en";
import { sales } from "../../text/en/sales";
import { Chooser, toChoices } from "./parts/choosers";
import { fieldErrors, isBesideFields } from "./parts/field-errors";
import { Filters } from "./parts/Filters";
import { LocationsField } from "./parts/LocationsField";
import { fieldInstant } from "./parts/screens";

type AuctionType = Schema<"AuctionType">;
const t = sales.deals;
const FIELDS = ["name", "url", "seat", "floor_minor", "starts_at", "ends_at", "locations", "order"];

const LONG_PAGE = 100;
const listOrders = (page: Schema<"OrdersResponse">) => page.orders;

/** A deal of an order, with one bidder. */
export function DealForm({ onClose }: { onClose: () => void }) {
  const orders = useAll("/api/orders", {}, listOrders, { nextOf: followOffset(listOrders, LONG_PAGE), limit: LONG_PAGE }).data ?? [];
  const [order, setOrder] = useState("");
  const [texts, setTexts] = useState({ name: "", url: "https://", seat: "", floor: "", starts: "", ends: "" });
  const [auction, setAuction] = useState("1");
  const [locations, setLocations] = useState<readonly string[]>([]);
  const create = useChange("post", "/api/openrtb/deals", { invalidates: ["/api/openrtb/deals"], onSuccess: onClose });
  const errors = fieldErrors(create.error);
  const field = (name: keyof typeof texts) => ({ value: texts[name], onChange: (value: string) => setTexts((before) => ({ ...before, [name]: value })) });
  const currency = orders.find((one) => one.id === order)?.currency ?? "GBP";
  const submit = () => {
    create.mutate({
      body: {
        order, name: texts.name, url: texts.url, seat: texts.seat || null, locations: [...locations], auction: Number(auction) as AuctionType,
        floor_minor: texts.floor === "" ? null : decimalToMinor(texts.floor, currency), tmax_ms: 300,
        starts_at: fieldInstant(texts.starts) ?? "", ends_at: fieldInstant(texts.ends) ?? "",
      },
    });
  };
  const actions = (
    <>
      <Button onPress={onClose}>{common.cancel}</Button>
      <Button type="submit" form="deal" variant="primary" isPending={create.isPending} isDisabled={order === ""}>{t.create}</Button>
    </>
  );
  return (
    <Dialog title={t.create} isOpen onClose={onClose} isWide actions={actions}>
      <Form id="deal" className="stack" onSubmit={submit}>
        <Filters>
          <Chooser label={t.order} choices={orders.map((one) => ({ value: one.id, label: one.name, description: one.account }))} value={order} onChange={setOrder} errorMessage={errors.order} />
          <TextField label={t.name} isRequired maxLength={120} {...field("name")} errorMessage={errors.name} />
        </Filters>
        <TextField label={t.url} type="url" isRequired maxLength={500} {...field("url")} errorMessage={errors.url} />
        <div className="fields">
          <TextField label={t.seat} maxLength={64} {...field("seat")} errorMessage={errors.seat} />
          <TextField label={t.floor} description={t.floorNote} inputMode="decimal" {...field("floor")} errorMessage={errors.floor_minor} />
          <Segments label={t.auction} choices={toChoices(t.auctions)} value={auction} onChange={setAuction} />
        </div>
        <div className="fields">
          <DateField label={t.starts} kind="datetime-local" isRequired {...field("starts")} errorMessage={errors.starts_at} />
          <DateField label={t.ends} kind="datetime-local" isRequired {...field("ends")} errorMessage={errors.ends_at} />
        </div>
        <LocationsField value={locations} onChange={setLocations} errorMessage={errors.locations} />
        {!isBesideFields(create.error, FIELDS) && <ProblemNotice error={create.error} />}
      </Form>
    </Dialog>
  );
}
