import { useChange } from "../../api/client";
import { Button, Notice, ProblemNotice } from "../../design";
import { review as t } from "../../text/en/retail";

/** Recommends the filtered prices now; the queue gets those that change. */
export function ProposePrices({ product, region }: { product: string; region: string }) {
  const propose = useChange("post", "/api/retail/recommendations", { invalidates: ["/api/retail/recommendations"] });
  const send = () => propose.mutate({ body: { product: product || null, region: region || null } });
  return (
    <div className="stack">
      <Button isPending={propose.isPending} onPress={send}>{t.propose}</Button>
      {propose.data !== undefined && <Notice tone="good" isAnnounced>{t.proposed(propose.data.proposed)} · {t.kept(propose.data.kept)}</Notice>}
      <ProblemNotice error={propose.error} />
    </div>
  );
}
