import type { KeyboardEvent } from "react";
import { Badge, Button } from "../../../design";
import { ago, instantText } from "../../../format/time";
import { alerts as t } from "../../../text/en/operations/alerts";
import type { AlertAction } from "./AlertDialogs";
import { describePlace, nameKind, SEVERITY_TONES, STATE_TONES, stateOf, type Alert } from "./alert-words";

export interface InboxItemProps {
  alert: Alert;
  mayOperate: boolean;
  onAct: (action: AlertAction) => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

export function InboxItem({ alert, mayOperate, onAct, onKeyDown }: InboxItemProps) {
  const state = stateOf(alert);
  const label = `${nameKind(alert.kind)}, ${describePlace(alert)}`;
  return (
    <li className={`inbox-item ${alert.severity}`} tabIndex={0} aria-label={label} onKeyDown={onKeyDown}>
      <div className="inbox-head">
        <Badge tone={SEVERITY_TONES[alert.severity]}>{t.severities[alert.severity]}</Badge>
        <strong>{nameKind(alert.kind)}</strong>
        <span>{describePlace(alert)}</span>
        <span className="quiet" title={instantText(alert.raised_at)}>{t.raisedAgo(ago(alert.raised_at))}</span>
        {state !== "open" && <Badge tone={STATE_TONES[state]}>{t.states[state]}</Badge>}
      </div>
      <p>{alert.message}</p>
      {alert.acknowledged_note && <p className="quiet">{alert.acknowledged_by}: {alert.acknowledged_note}</p>}
      <div className="row">
        {mayOperate && <Button isSmall isDisabled={alert.acknowledged_at !== null} onPress={() => onAct("acknowledge")}>{t.acknowledge}</Button>}
        {mayOperate && <Button isSmall onPress={() => onAct("close")}>{t.close}</Button>}
        {mayOperate && <Button isSmall onPress={() => onAct("mute")}>{t.mute}</Button>}
        <Button isSmall variant="plain" aria-label={`${t.details}: ${label}`} onPress={() => onAct("details")}>{t.details}</Button>
      </div>
    </li>
  );
}
