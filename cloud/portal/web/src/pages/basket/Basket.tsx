import "./basket.css";
import { isDraft } from "../../basket/basket";
import { useBasket } from "../../basket/use-basket";
import { Empty, LinkButton, Page } from "../../design";
import { usePlaces } from "../../places/use-places";
import { basket as t } from "../../text/en/basket";
import { DraftBasket } from "./DraftBasket";
import { HeldBasket } from "./HeldBasket";

export default function BasketPage() {
  const { baskets } = useBasket();
  const places = usePlaces();
  return (
    <Page title={t.title} lead={t.lead}>
      {baskets.length === 0 && <Empty title={t.empty} action={<div className="row"><LinkButton to="/explore" variant="primary">{t.explore}</LinkButton><LinkButton to="/plan">{t.plan}</LinkButton></div>}>{t.emptyDetail}</Empty>}
      {baskets.map((basket) => (isDraft(basket) ? <DraftBasket key={basket.id} basket={basket} places={places} /> : <HeldBasket key={basket.id} basket={basket} places={places} />))}
    </Page>
  );
}
