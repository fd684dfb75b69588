import type { Schema } from "../../api/client";
import { Button, Card, LinkButton, Notice, ProblemNotice } from "../../design";
import { minorMoney } from "../../format/money";
import { checkout as t } from "../../text/en/orders";
import { MethodForm } from "./MethodForm";
import { findPayment, findStep, isOnAccountOffered } from "./payment-step";
import { usePayment, type PaymentActions } from "./use-payment";

type Order = Schema<"OrderDetail">;
type Options = Schema<"PaymentOptionsResponse">;
type Payment = Schema<"PaymentResponse">;

/** One step at a time: choose, pay, confirm at the bank, book. */
export function PaymentPanel({ order, options }: { order: Order; options: Options }) {
  const actions = usePayment(order, options);
  const payment = findPayment(options);
  switch (findStep(order, options)) {
    case "booked": return <Card title={t.booked}><p>{t.bookedDetail}</p><LinkButton variant="primary" to={`/orders/${order.id}`}>{t.openOrder}</LinkButton></Card>;
    case "pending": return <Card title={t.booked}><Notice>{t.pendingDetail}</Notice></Card>;
    case "over": return <Card><Notice tone="bad">{t.reservationOver}</Notice></Card>;
    case "paid": return <Card title={t.succeeded}><BookNow actions={actions} /></Card>;
    case "challenge": return <Challenge payment={payment} actions={actions} />;
    case "processing": return <Card title={t.processing}><p role="status">{t.processingDetail}</p><Failure actions={actions} /></Card>;
    case "transfer": return <Card title={t.awaitsTransfer}><BookNow actions={actions} /></Card>;
    default: return <Choice options={options} payment={payment} actions={actions} />;
  }
}

function BookNow({ actions }: { actions: PaymentActions }) {
  return (
    <div className="stack">
      <p>{actions.error === null ? t.succeededDetail : t.paidNotBooked}</p>
      <ProblemNotice error={actions.error} />
      <div><Button variant="primary" isPending={actions.isPending} onPress={actions.book}>{t.book}</Button></div>
    </div>
  );
}

function Challenge({ payment, actions }: { payment: Payment | undefined; actions: PaymentActions }) {
  return (
    <Card title={t.challenge}>
      <div className="stack">
        <p role="status">{t.challengeDetail}</p>
        <div className="row">
          {payment?.next_url && <a className="button primary" href={payment.next_url} target="_blank" rel="noreferrer">{t.openBank}</a>}
          <Button variant="plain" isPending={actions.isPending} onPress={actions.cancel}>{t.cancelPayment}</Button>
        </div>
        <Failure actions={actions} />
      </div>
    </Card>
  );
}

function Choice({ options, payment, actions }: { options: Options; payment: Payment | undefined; actions: PaymentActions }) {
  if (actions.isUnknown) return <Card title={t.checking}><Failure actions={actions} /></Card>;
  const card = options.providers.find((one) => !one.extends_credit);
  const failure = options.open_payment === null ? null : (payment?.failure ?? null);
  return (
    <div className="stack">
      {failure !== null && <Notice tone="bad" title={t.declined} isAnnounced>{t.declinedDetail(t.declineReasons[failure] ?? t.otherReason(failure))}</Notice>}
      {options.open_payment === null && isOnAccountOffered(options) && <OnAccount options={options} actions={actions} />}
      {card !== undefined && options.due_minor > 0 && (
        <Card title={t.inAdvance}>
          {options.is_own_payer ? <MethodForm isSimulated={card.is_simulated} amount={minorMoney(options.due_minor, options.currency)} isPending={actions.isPending} onPay={(method) => actions.pay(card.name, method)} /> : <Notice>{t.otherPayer(options.payer)}</Notice>}
          {options.open_payment !== null && <Button variant="plain" isPending={actions.isPending} onPress={actions.cancel}>{t.cancelPayment}</Button>}
        </Card>
      )}
      <Failure actions={actions} />
    </div>
  );
}

function OnAccount({ options, actions }: { options: Options; actions: PaymentActions }) {
  const { credit_used_minor: used, credit_limit_minor: limit, currency } = options;
  const hasBalance = used !== null && used < 0;
  const credit = hasBalance ? t.balance(minorMoney(-used, currency)) : t.credit(minorMoney(used, currency), minorMoney(limit, currency));
  return (
    <Card title={t.onAccount}>
      {!hasBalance && <p>{options.is_within_credit ? t.onAccountDetail : t.overCredit}</p>}
      {limit !== null && <p className="quiet">{credit}</p>}
      <Button variant={options.is_within_credit ? "primary" : "secondary"} isDisabled={!options.is_within_credit} isPending={actions.isPending} onPress={actions.book}>{t.bookOnAccount}</Button>
    </Card>
  );
}

/** After a lost answer the state is read again by itself; sent again with the same keys, it is executed once. */
function Failure({ actions }: { actions: PaymentActions }) {
  if (actions.error === null) return null;
  if (!actions.isUnknown) return <ProblemNotice error={actions.error} />;
  return (
    <div className="stack">
      <Notice tone="warn" isAnnounced>{t.checkingDetail}</Notice>
      <div className="row"><Button isPending={actions.isPending} onPress={actions.retry}>{t.payAgain}</Button><span className="quiet">{t.retryNote}</span></div>
    </div>
  );
}
