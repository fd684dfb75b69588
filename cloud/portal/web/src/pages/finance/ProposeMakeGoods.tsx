import { useState } from "react";
import { useChange, type Schema } from "../../api/client";
import { useAll } from "../../api/pages";
import { Segments } from "../../design";
import { finance } from "../../text/en/finance";
import { Chooser, toChoices } from "../sales/parts/choosers";
import { FormDialog } from "../sales/inventory/FormDialog";

type Remedy = Schema<"Remedy">;
const t = finance.makeGoods;

export function ProposeMakeGoods({ onClose, onProposed }: { onClose: () => void; onProposed: (found: number) => void }) {
  const campaigns = useAll("/api/campaigns", {}, (page) => page.campaigns).data ?? [];
  const [campaign, setCampaign] = useState("");
  const [remedy, setRemedy] = useState<Remedy>("credit");
  const propose = useChange("post", "/api/campaigns/{campaign}/make-goods", { invalidates: ["/api/make-goods", "/api/approvals"], onSuccess: (made) => onProposed(made.make_goods.length) });
  const send = () => propose.mutate({ params: { path: { campaign } }, body: { remedy } });
  return (
    <FormDialog title={t.propose} fields={[]} error={propose.error} isPending={propose.isPending} isDisabled={campaign === ""} onSubmit={send} onClose={onClose}>
      <p className="quiet">{t.proposeText}</p>
      <Chooser label={t.campaign} choices={campaigns.map((one) => ({ value: one.id, label: one.name, description: one.account }))} value={campaign} onChange={setCampaign} />
      <Segments label={t.remedy} choices={toChoices(t.remedies)} value={remedy} onChange={(one) => setRemedy(one as Remedy)} />
    </FormDialog>
  );
}
