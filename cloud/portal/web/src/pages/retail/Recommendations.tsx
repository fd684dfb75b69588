import { useState } from "react";
import { useGet, type Schema } from "../../api/client";
import { usePages } from "../../api/pages";
import { Button, DataView, Empty, Page, Select } from "../../design";
import { common } from "../../text/en";
import { useSearchText } from "../../routing/address";
import { review as t } from "../../text/en/retail";
import { DecisionDialogs } from "./DecisionDialogs";
import { DecisionResults } from "./DecisionResults";
import { Filters, ProductFilter, RegionFilter } from "./shared";
import { ProposePrices } from "./ProposePrices";
import { ReviewList } from "./ReviewList";
import { useDecisions } from "./use-decisions";
import { WhyRecommended } from "./WhyRecommended";

export type Recommendation = Schema<"QueuedRecommendation">;
type State = keyof typeof t.states;
const STATES = Object.keys(t.states) as State[];

export default function Recommendations() {
  const [state, setState] = useSearchText("state", "proposed");
  const [product, setProduct] = useSearchText("product");
  const [region, setRegion] = useSearchText("region");
  const filter = { state: state as State, product: product || undefined, region: region || undefined };
  const pages = usePages("/api/retail/recommendations", filter, (page) => page.recommendations);
  const [current, setCurrent] = useState<string>();
  const decisions = useDecisions();
  const isOpen = state === "proposed";
  return (
    <Page title={t.title} lead={t.lead} actions={<ProposePrices product={product} region={region} />}>
      <Filters>
        <StateFilter product={product} region={region} value={state} onChange={setState} />
        <ProductFilter value={product} onChange={setProduct} />
        <RegionFilter value={region} onChange={setRegion} />
      </Filters>
      <DecisionResults decisions={decisions} />
      <DataView query={pages.query} isEmpty={(rows) => rows.length === 0} empty={<Empty title={isOpen ? t.none : t.noneOfState}>{isOpen && t.noneDetail}</Empty>}>
        {(rows) => (
          <div className="retail-review">
            <div className="stack">
              <ReviewList key={state} rows={rows} isOpen={isOpen} current={current} onCurrent={setCurrent} decisions={decisions} />
              {pages.hasMore && <div><Button isPending={pages.isReading} onPress={pages.readMore}>{common.more}</Button></div>}
            </div>
            <div className="retail-why"><WhyRecommended one={rows.find((row) => row.id === current) ?? rows[0]} /></div>
          </div>
        )}
      </DataView>
      <DecisionDialogs decisions={decisions} />
    </Page>
  );
}

function StateFilter({ product, region, value, onChange }: { product: string; region: string; value: string; onChange: (value: string) => void }) {
  const counts = useGet("/api/retail/recommendations", { params: { query: { product: product || undefined, region: region || undefined, limit: 1 } } }).data?.counts;
  const label = (state: State) => (counts === undefined ? t.states[state] : t.stateWithCount(t.states[state], counts[state] ?? 0));
  return <Select label={t.state} choices={STATES.map((state) => ({ value: state, label: label(state) }))} value={value} onChange={onChange} />;
}
