import { useParams } from "@tanstack/react-router";
import { useGet, type Schema } from "../../api/client";
import { Card, DataView, Figure, Figures, Notice, Page } from "../../design";
import { money } from "../../format/money";
import { products as t } from "../../text/en/products";
import { KeyFigures } from "./KeyFigures";
import { RunState } from "./Products";
import { ResultSection } from "./ResultSection";
import { Uploads } from "./Uploads";

const EVERY_MS = 10_000;

export default function Product() {
  const { name } = useParams({ strict: false });
  const query = useGet("/api/data-products/{product}", { params: { path: { product: name ?? "" } } }, { refetchInterval: EVERY_MS });
  return <DataView query={query}>{(product) => <Content product={product} />}</DataView>;
}

function Content({ product }: { product: Schema<"ProductDetail"> }) {
  const run = product.last_run;
  return (
    <Page title={product.title} lead={product.purpose}>
      <p className="quiet">{t.owner(product.owner)} · <RunState run={run} /></p>
      {run?.failure != null && <Notice tone="bad" title={t.failed}>{t.failedDetail(run.failure)}</Notice>}
      {product.kpis.length > 0 && <KeyFigures product={product.name} kpis={product.kpis} />}
      {product.page.map((section) => <ResultSection key={`${section.show} ${section.title}`} product={product} section={section} />)}
      {product.uploads.length > 0 && <Uploads product={product.name} takes={product.uploads} />}
      <Cost cost={product.cost} />
    </Page>
  );
}

function Cost({ cost }: { cost: Schema<"ProductCost"> }) {
  return (
    <Card title={t.cost}>
      <Figures>
        <Figure label={t.costs.total} value={money(cost.total_usd, "USD")} />
        <Figure label={t.costs.storage} value={money(cost.storage_usd, "USD")} />
        <Figure label={t.costs.scans} value={money(cost.scans_usd, "USD")} />
        <Figure label={t.costs.runs} value={money(cost.runs_usd, "USD")} />
      </Figures>
      <p className="quiet">{t.costNote}</p>
    </Card>
  );
}
