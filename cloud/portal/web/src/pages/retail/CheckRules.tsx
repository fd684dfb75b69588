import { useMemo, useState } from "react";
import { useGet } from "../../api/client";
import { Badge, Card, DataView, Facts, Select } from "../../design";
import { money } from "../../format/money";
import { retail, review, ruleSets as t } from "../../text/en/retail";
import { useProducts } from "./shared";

/** What the rules in force lead to for one product in one store. */
export function CheckRules() {
  const products = useProducts();
  const known = useGet("/api/retail/prices").data?.prices;
  const [product, setProduct] = useState<string | null>(null);
  const [store, setStore] = useState<string | null>(null);
  const stores = useMemo(() => known?.filter((row) => row.product === product).map((row) => row.store) ?? [], [known, product]);
  const choose = (name: string) => { setProduct(name); setStore(null); };
  return (
    <Card title={t.check}>
      <div className="stack">
        <p className="quiet">{t.checkNote}</p>
        <div className="fields">
          <Select label={retail.product} choices={products.map((name) => ({ value: name, label: name }))} value={product} onChange={choose} />
          <Select label={retail.store} choices={stores.map((name) => ({ value: name, label: name }))} value={store} onChange={setStore} isDisabled={product === null} />
        </div>
        {product !== null && store !== null && <Checked product={product} store={store} />}
      </div>
    </Card>
  );
}

function Checked({ product, store }: { product: string; store: string }) {
  const query = useGet("/api/retail/recommend/{product}/{store}", { params: { path: { product, store } } });
  return (
    <DataView query={query}>
      {(data) => (
        <div className="stack">
          <Facts rows={[
            [review.now, money(data.current.price, data.currency)],
            [t.checked, <span key="price">{money(data.price, data.currency)} <Badge tone={data.outcome === "no_allowed_price" ? "bad" : "info"}>{t.outcome[data.outcome] ?? data.outcome}</Badge></span>],
            [review.rulesTitle, data.binding_rules.map((one) => retail.rules[one.rule] ?? one.rule).join(", ") || t.noRule],
          ]} />
          <ul className="retail-reasons">{data.reasons.map((one) => <li key={one.code}>{one.sentence}</li>)}</ul>
        </div>
      )}
    </DataView>
  );
}
