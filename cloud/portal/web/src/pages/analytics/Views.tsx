import { useState } from "react";
import { useGet, type Schema } from "../../api/client";
import { Button, Card, DataView, Empty, Link, LinkButton, Page, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { analytics } from "../../text/en/analytics";
import { useMe } from "../../shell/use-session";
import { ChangeViewDialog, RemoveViewDialog } from "./ViewDialogs";
import { ScheduleDialog } from "./ScheduleDialog";
import { describeSchedule, viewAddress } from "./views";
import "./analytics.css";

const t = analytics.views;
export type View = Schema<"SavedViewDocument">;
type Open = { kind: "schedule" | "change" | "remove"; view: View };

export default function Views() {
  const query = useGet("/api/analytics/views");
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  return (
    <Page title={t.title} lead={t.lead}>
      <DataView query={query} isEmpty={(data) => data.views.length === 0} empty={<NoViews />}>
        {(data) => <Card><Table caption={t.title} columns={listColumns(setOpen)} rows={data.views} rowKey={(row) => row.id} /></Card>}
      </DataView>
      {open?.kind === "schedule" && <ScheduleDialog view={open.view} onClose={close} />}
      {open?.kind === "change" && <ChangeViewDialog view={open.view} onClose={close} />}
      {open?.kind === "remove" && <RemoveViewDialog view={open.view} onClose={close} />}
    </Page>
  );
}

function NoViews() {
  return <Empty title={t.none} action={<LinkButton to="/analytics/campaigns">{t.pages.campaigns}</LinkButton>}>{t.noneDetail}</Empty>;
}

function listColumns(onOpen: (open: Open) => void): readonly Column<View>[] {
  const whose = (row: View) => (row.shared ? t.shared : t.own);
  return [
    { id: "name", title: t.name, cell: (row) => <Link to={viewAddress(row)}>{row.name}</Link>, value: (row) => row.name, isHeader: true },
    { id: "page", title: t.page, cell: (row) => t.pages[row.page], value: (row) => t.pages[row.page] },
    { id: "of", title: t.of, cell: whose, value: whose },
    { id: "report", title: t.report, cell: (row) => (row.schedule === null ? <Missing reason={t.noReport} /> : describeSchedule(row.schedule)), value: (row) => (row.schedule === null ? null : describeSchedule(row.schedule)) },
    { id: "actions", title: t.actions, cell: (row) => <Actions view={row} onOpen={onOpen} /> },
  ];
}

function Actions({ view, onOpen }: { view: View; onOpen: (open: Open) => void }) {
  const isUser = useMe()?.user !== null;
  return (
    <span className="view-actions">
      {isUser && <Button isSmall aria-label={`${t.schedule}: ${view.name}`} onPress={() => onOpen({ kind: "schedule", view })}>{t.schedule}</Button>}
      {view.is_own && <Button isSmall aria-label={`${t.rename}: ${view.name}`} onPress={() => onOpen({ kind: "change", view })}>{t.rename}</Button>}
      {view.is_own && <Button isSmall variant="danger" aria-label={`${t.remove}: ${view.name}`} onPress={() => onOpen({ kind: "remove", view })}>{t.remove}</Button>}
    </span>
  );
}
