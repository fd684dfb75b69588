import { useGet, type Schema } from "../../api/client";
import { Badge, Card, DataView, Empty, LinkButton, Page } from "../../design";
import { ago } from "../../format/time";
import { products as t } from "../../text/en/products";

export default function Products() {
  const query = useGet("/api/data-products");
  return (
    <Page title={t.title} lead={t.lead}>
      <DataView query={query} isEmpty={(data) => !data.configured} empty={<Empty title={t.notConfigured}>{t.notConfiguredDetail}</Empty>}>
        {(data) => (data.products.length === 0 ? <Empty title={t.none}>{t.noneDetail}</Empty> : <div className="stack">{data.products.map((one) => <Product key={one.name} product={one} />)}</div>)}
      </DataView>
    </Page>
  );
}

function Product({ product }: { product: Schema<"ProductSummary"> }) {
  return (
    <Card title={product.title} actions={<LinkButton to={`/products/${product.name}`}>{t.open}</LinkButton>}>
      <p>{product.purpose}</p>
      <p className="quiet">{t.owner(product.owner)} · <RunState run={product.last_run} /></p>
    </Card>
  );
}

export function RunState({ run }: { run: Schema<"RunDocument"> | null }) {
  if (run === null) return <Badge>{t.neverRun}</Badge>;
  return run.failure === null ? <span>{t.computed(ago(run.started_at))}</span> : <Badge tone="bad">{t.failed}</Badge>;
}
