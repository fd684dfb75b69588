import { useGet, type Schema } from "../../api/client";
import { Card, DataView, DateField, Empty, Figure, Figures, Notice, Page, Table, type Column } from "../../design";
import { Missing } from "../../format/Missing";
import { minorMoney } from "../../format/money";
import { change, count, share } from "../../format/number";
import { dayText } from "../../format/time";
import { useSearchText } from "../../routing/address";
import { finance } from "../../text/en/finance";
import { sales } from "../../text/en/sales";
import { LocationChooser } from "../sales/parts/choosers";
import { Filters } from "../sales/parts/Filters";
import { IntervalBar, IntervalKey } from "./IntervalBar";
import { InvoicedMonths } from "./InvoicedMonths";

type Currency = Schema<"CurrencyRevenue">;
type Sums = Omit<Schema<"DayRevenue">, "day">;
const t = finance.revenue;
const DIGITS = 1;

export default function Revenue() {
  const [from, setFrom] = useSearchText("from");
  const [until, setUntil] = useSearchText("until");
  const [location, setLocation] = useSearchText("location");
  const query = useGet("/api/revenue", { params: { query: { from: from || undefined, until: until || undefined, location: location || undefined } } });
  return (
    <Page title={t.title} lead={t.lead}>
      <Filters>
        <DateField label={sales.shared.from} value={from || (query.data?.from ?? "")} onChange={setFrom} />
        <DateField label={sales.shared.untilFilter} value={until || (query.data?.until ?? "")} onChange={setUntil} />
        <LocationChooser value={location} onChange={setLocation} all={sales.shared.everyLocation} />
      </Filters>
      <DataView query={query} isEmpty={(data) => data.currencies.length === 0} empty={<Empty title={t.none}>{t.noneDetail}</Empty>}>
        {(data) => (
          <>
            {data.currencies.map((one) => <CurrencyCards key={one.currency} revenue={one} />)}
            {location === "" && <InvoicedMonths from={data.from} until={data.until} />}
            {data.unknown_locations.length > 0 && <Notice tone="warn" title={t.unknown}>{t.unknownDetail(data.unknown_locations.join(", "))}</Notice>}
            <Notice title={t.caveat}>{data.caveat}</Notice>
          </>
        )}
      </DataView>
    </Page>
  );
}

function CurrencyCards({ revenue }: { revenue: Currency }) {
  const { currency, interval } = revenue;
  return (
    <>
      <Figures>
        <Figure label={t.actual} value={minorMoney(revenue.actual_minor, currency)} note={t.actualNote} />
        <Figure label={t.fixed} value={minorMoney(revenue.fixed_minor, currency)} note={t.fixedNote} />
        <Figure
          label={t.uplift} value={revenue.uplift === null ? null : change(revenue.uplift, DIGITS)} reason={t.noUplift}
          note={interval === null ? t.noInterval : t.interval(change(interval.low, DIGITS), change(interval.high, DIGITS), share(interval.level))}
        />
        <Figure label={t.slots} value={count(revenue.slots)} note={`${t.positions}: ${count(revenue.positions)}`} />
      </Figures>
      {interval !== null && revenue.uplift !== null && <Interval interval={interval} uplift={revenue.uplift} />}
      <Card title={t.byBasis}>
        <p className="quiet">{t.basisLead}</p>
        <Table caption={t.byBasis} columns={[nameColumn(t.basis, (one: Currency["by_basis"][number]) => t.bases[one.basis]), ...listSums<Currency["by_basis"][number]>(currency)]} rows={revenue.by_basis} rowKey={(one) => one.basis} />
      </Card>
      <Card title={t.byLocation}>
        <Table caption={t.byLocation} columns={[nameColumn(sales.shared.location, (one: Currency["by_location"][number]) => `${one.location} ${one.name}`), ...listSums<Currency["by_location"][number]>(currency)]} rows={revenue.by_location} rowKey={(one) => one.location} />
      </Card>
      <Card title={t.byDay}>
        <Table caption={t.byDay} columns={[nameColumn(t.day, (one: Currency["by_day"][number]) => one.day, (one) => dayText(one.day, "UTC")), ...listSums<Currency["by_day"][number]>(currency)]} rows={revenue.by_day} rowKey={(one) => one.day} />
      </Card>
    </>
  );
}

/** The axis holds the interval and "no difference", with some room at both ends. */
function Interval({ interval, uplift }: { interval: NonNullable<Currency["interval"]>; uplift: number }) {
  const [low, high] = [Math.min(0, interval.low), Math.max(0, interval.high)];
  const room = Math.max(0.02, (high - low) * 0.1);
  const label = `${change(uplift, DIGITS)}: ${t.interval(change(interval.low, DIGITS), change(interval.high, DIGITS), share(interval.level))}`;
  return (
    <Card title={t.uplift}>
      <IntervalKey range={t.keyRange} point={t.keyPoint} mark={t.keyMark} />
      <IntervalBar low={interval.low} value={uplift} high={interval.high} mark={0} from={low - room} to={high + room} label={label} />
      <p>{label}</p>
      <p className="quiet">{interval.method}</p>
    </Card>
  );
}

function nameColumn<Row>(title: string, value: (row: Row) => string, cell: (row: Row) => string = value): Column<Row> {
  return { id: "name", title, cell, value, isHeader: true };
}

function listSums<Row extends Sums>(currency: string): readonly Column<Row>[] {
  return [
    { id: "slots", title: t.slots, cell: (one) => count(one.slots), value: (one) => one.slots, isNumber: true },
    { id: "positions", title: t.positions, cell: (one) => count(one.positions), value: (one) => one.positions, isNumber: true },
    { id: "actual", title: t.actual, cell: (one) => minorMoney(one.actual_minor, currency), value: (one) => one.actual_minor, isNumber: true },
    { id: "fixed", title: t.fixed, cell: (one) => minorMoney(one.fixed_minor, currency), value: (one) => one.fixed_minor, isNumber: true },
    { id: "uplift", title: t.uplift, cell: (one) => (one.uplift === null ? <Missing reason={t.noUplift} /> : change(one.uplift, DIGITS)), value: (one) => one.uplift, isNumber: true },
  ];
}
