import { Page, Tabs } from "../../design";
import { useSearchText } from "../../routing/address";
import { alerts as t } from "../../text/en/operations/alerts";
import { AlertHistory } from "./alerts/AlertHistory";
import { Inbox } from "./alerts/Inbox";
import { Mutes } from "./alerts/Mutes";
import "./operations.css";

export default function Alerts() {
  const [tab, setTab] = useSearchText("tab", "open");
  const tabs = [
    { id: "open", label: t.tabs.open, content: <Inbox /> },
    { id: "history", label: t.tabs.history, content: <AlertHistory /> },
    { id: "mutes", label: t.tabs.mutes, content: <Mutes /> },
  ];
  return <Page title={t.title} lead={t.lead}><Tabs label={t.title} tabs={tabs} selected={tab} onChange={setTab} /></Page>;
}
