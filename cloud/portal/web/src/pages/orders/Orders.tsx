import type { Schema } from "../../api/client";
import { followOffset, usePages } from "../../api/pages";
import { useClientFile, useClientNames } from "../../clients/use-client";
import { DownloadButton, Empty, Link, LinkButton, Page, PagedTable, type Column } from "../../design";
import { Flight } from "../../format/Flight";
import { minorMoney } from "../../format/money";
import { dateText, instantText } from "../../format/time";
import { orders as t } from "../../text/en/orders";
import { StatusBadge, statusText, type BookingStatus } from "./status";

type Order = Schema<"OrderOverview">;

const listOrders = (page: Schema<"OrdersResponse">) => page.orders;

export default function Orders() {
  const pages = usePages("/api/orders", {}, listOrders, { nextOf: followOffset(listOrders) });
  const { nameOf } = useClientNames();
  const empty = <Empty title={t.empty} action={<LinkButton to="/basket">{t.toBasket}</LinkButton>}>{t.emptyDetail}</Empty>;
  return (
    <Page title={t.title} lead={t.lead} actions={<DownloadButton href={useClientFile("/api/orders.csv")}>{t.csvOfLines}</DownloadButton>}>
      <PagedTable pages={pages} empty={empty} caption={t.caption} columns={listColumns(nameOf)} rowKey={(order) => order.id} />
    </Page>
  );
}

const listColumns = (nameOf: (account: string) => string): readonly Column<Order>[] => [
  { id: "name", title: t.name, isHeader: true, value: (order) => order.name, cell: (order) => <Link to={`/orders/${order.id}`}>{order.name}</Link> },
  { id: "account", title: t.account, value: (order) => nameOf(order.account), cell: (order) => nameOf(order.account) },
  { id: "placed", title: t.placed, value: (order) => order.created_at, cell: (order) => instantText(order.created_at) },
  { id: "flight", title: t.flight, value: (order) => order.starts_at, cell: flightOf },
  { id: "state", title: t.state, value: listStates, cell: (order) => <States order={order} /> },
  { id: "net", title: t.net, isNumber: true, value: (order) => order.net_minor, cell: (order) => minorMoney(order.net_minor, order.currency) },
];

function flightOf(order: Pick<Order, "starts_at" | "ends_at">) {
  return order.starts_at === null ? t.noLines : <Flight from={dateText(order.starts_at)} until={dateText(order.ends_at)} />;
}

function listStates(order: Order): string {
  return Object.keys(order.statuses).map(statusText).join(", ");
}

function States({ order }: { order: Order }) {
  const found = Object.entries(order.statuses) as [BookingStatus, number][];
  return <div className="row">{found.length === 0 ? <span className="quiet">{t.noLines}</span> : found.map(([status, count]) => <StatusBadge key={status} status={status} count={count} />)}</div>;
}
