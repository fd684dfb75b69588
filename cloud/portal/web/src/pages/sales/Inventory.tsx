import { Page, Tabs } from "../../design";
import { useSearchText } from "../../routing/address";
import { inventory as t } from "../../text/en/inventory";
import { Blackouts } from "./inventory/Blackouts";
import { Dayparts } from "./inventory/Dayparts";
import { Products } from "./inventory/Products";
import { Restrictions } from "./inventory/Restrictions";
import "./sales.css";

export default function Inventory() {
  const [tab, setTab] = useSearchText("tab", "products");
  const tabs = [
    { id: "products", label: t.tabs.products, content: <Products /> },
    { id: "dayparts", label: t.tabs.dayparts, content: <Dayparts /> },
    { id: "blackouts", label: t.tabs.blackouts, content: <Blackouts /> },
    { id: "restrictions", label: t.tabs.restrictions, content: <Restrictions /> },
  ];
  return <Page title={t.title} lead={t.lead}><Tabs label={t.title} tabs={tabs} selected={tab} onChange={setTab} /></Page>;
}
