import { Page, Tabs } from "../../design";
import { useSearchText } from "../../routing/address";
import { config as t } from "../../text/en/operations/config";
import { ConfigEditor } from "./config/ConfigEditor";
import { Drift } from "./config/Drift";
import "./operations.css";

export default function Config() {
  const [tab, setTab] = useSearchText("tab", "edit");
  const tabs = [
    { id: "edit", label: t.tabs.edit, content: <ConfigEditor /> },
    { id: "drift", label: t.tabs.drift, content: <Drift /> },
  ];
  return <Page title={t.title} lead={t.lead}><Tabs label={t.title} tabs={tabs} selected={tab} onChange={setTab} /></Page>;
}
