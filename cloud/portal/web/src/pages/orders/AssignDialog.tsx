import { useState } from "react";
import { useChange, type Schema } from "../../api/client";
import { useAll } from "../../api/pages";
import { Badge, Button, Checkbox, DataView, Dialog, LinkButton, ProblemNotice } from "../../design";
import { common } from "../../text/en";
import { creatives as tc } from "../../text/en/creatives";
import { orders as t } from "../../text/en/orders";

type Line = Schema<"OrderLineResponse">;

/** Chooses the creatives of a line among those of the account. */
export function AssignDialog({ order, account, line, onClose }: { order: string; account: string; line: Line; onClose: () => void }) {
  const [chosen, setChosen] = useState<readonly string[]>(line.creatives);
  const creatives = useAll("/api/creatives", { account }, (page) => page.creatives);
  const assign = useChange("put", "/api/orders/{order}/lines/{line}/creatives", { invalidates: ["/api/orders/{order}"], onSuccess: onClose });
  const toggle = (name: string, isOn: boolean) => setChosen((before) => (isOn ? [...before, name] : before.filter((one) => one !== name)));
  const save = () => assign.mutate({ params: { path: { order, line: line.id } }, body: { creatives: [...chosen] } });
  const actions = <><Button onPress={onClose}>{common.cancel}</Button><Button variant="primary" isPending={assign.isPending} onPress={save}>{common.save}</Button></>;
  return (
    <Dialog title={t.assignTitle} isOpen onClose={onClose} actions={actions}>
      <p className="quiet">{t.assignDetail}</p>
      <DataView query={creatives} isEmpty={(all) => all.length === 0} empty={<p>{t.assignNone} <LinkButton to="/creatives">{t.addCreative}</LinkButton></p>}>
        {(all) => all.filter((one) => one.status !== "REJECTED").map((one) => (
          <Checkbox key={one.id} isSelected={chosen.includes(one.name)} onChange={(isOn) => toggle(one.name, isOn)}>
            {one.name} <Badge tone={one.status === "APPROVED" ? "good" : "warn"}>{tc.statuses[one.status]}</Badge>
          </Checkbox>
        ))}
      </DataView>
      <ProblemNotice error={assign.error} />
    </Dialog>
  );
}
