import { useChange, type Schema } from "../../../api/client";
import { followBefore, usePages } from "../../../api/pages";
import { Badge, Button, Empty, PagedTable, ProblemNotice, type Column } from "../../../design";
import { instantWithZone } from "../../../format/time";
import { alerts as t } from "../../../text/en/operations/alerts";
import { useMayOperate } from "../shared/use-may-operate";
import { nameKind } from "./alert-words";

type Mute = Schema<"MuteResponse">;

/** Every mute, the newest first; an active one can be ended. */
export function Mutes() {
  const pages = usePages("/api/alert-mutes", {}, (page) => page.mutes, { nextOf: followBefore });
  const end = useChange("post", "/api/alert-mutes/{mute}/end", { invalidates: ["/api/alert-mutes", "/api/alerts"] });
  const mayOperate = useMayOperate();
  const columns = newColumns(mayOperate ? (mute) => end.mutate({ params: { path: { mute } } }) : undefined);
  return (
    <div className="stack">
      <ProblemNotice error={end.error} />
      <PagedTable pages={pages} empty={<Empty title={t.mutesEmpty}>{t.mutesEmptyDetail}</Empty>} caption={t.activeMutes} columns={columns} rowKey={(one) => String(one.id)} />
    </div>
  );
}

const describe = (mute: Mute): string =>
  [mute.kind && nameKind(mute.kind), mute.location, mute.device].filter(Boolean).join(", ");

function stateOf(mute: Mute): keyof typeof t.muteStates {
  if (mute.active) return "active";
  return mute.ended_at === null ? "over" : "ended";
}

function newColumns(onEnd: ((mute: number) => void) | undefined): readonly Column<Mute>[] {
  const columns: readonly Column<Mute>[] = [
    { id: "what", title: t.muteColumns.what, isHeader: true, value: describe, cell: describe },
    { id: "reason", title: t.muteColumns.reason, value: (one) => one.reason, cell: (one) => one.reason },
    { id: "by", title: t.muteColumns.by, value: (one) => one.created_by, cell: (one) => one.created_by },
    { id: "from", title: t.muteColumns.from, value: (one) => one.created_at, cell: (one) => instantWithZone(one.created_at) },
    { id: "until", title: t.muteColumns.until, value: (one) => one.until_at, cell: (one) => instantWithZone(one.ended_at ?? one.until_at) },
    { id: "state", title: t.muteColumns.state, value: stateOf, cell: (one) => <Badge tone={one.active ? "info" : "neutral"}>{t.muteStates[stateOf(one)]}</Badge> },
  ];
  if (onEnd === undefined) return columns;
  return [...columns, { id: "end", title: t.endMute, cell: (one) => one.active && <Button isSmall aria-label={`${t.endMute}: ${describe(one)}`} onPress={() => onEnd(one.id)}>{t.endMute}</Button> }];
}
