import { useChange } from "../../api/client";
import { errors as t } from "../../text/en/retail";
import type { PriceError } from "./PriceErrors";
import { ReasonDialog } from "./ReasonDialog";

/** Closes a refused price point that will not be committed. */
export function CloseError({ error, onClose }: { error: PriceError; onClose: () => void }) {
  const close = useChange("post", "/api/retail/price-errors/{price_error}/close", { invalidates: ["/api/retail/price-errors", "/api/retail/price-errors/counts"], onSuccess: onClose });
  const send = (note: string) => close.mutate({ params: { path: { price_error: error.id } }, body: { note } });
  return <ReasonDialog title={t.closeTitle(error.id)} confirm={t.closeEntry} variant="danger" error={close.error} isPending={close.isPending} onConfirm={send} onClose={onClose}><p>{t.closeNote}</p></ReasonDialog>;
}
