import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { useChange } from "../../api/client";
import { Button, Card, DataView, Facts, Notice, Page, ProblemNotice, Table, type Column } from "../../design";
import { instantText } from "../../format/time";
import { useMe } from "../../shell/use-session";
import { rateCard as t } from "../../text/en/rate-card";
import { toCard, toDraft, type CardDraft } from "./parts/card-draft";
import { fieldErrors } from "./parts/field-errors";
import { tagToSend, useRateCard, type CardState, type TaggedState } from "./parts/use-rate-card";
import { RateCardEditor } from "./RateCardEditor";
import { RateCardEffect } from "./RateCardEffect";
import { SaveCard } from "./SaveCard";

export default function RateCard() {
  const query = useRateCard();
  return (
    <Page title={t.title} lead={t.lead}>
      <DataView query={query}>{(tagged) => <Content tagged={tagged} />}</DataView>
    </Page>
  );
}

function Content({ tagged }: { tagged: TaggedState }) {
  const { state } = tagged;
  const mayEdit = useMe()?.roles.some((role) => role === "sales" || role === "admin") ?? false;
  return (
    <>
      <Card title={t.inForce}>
        <Facts rows={[[t.present, state.card.version], [t.since, state.valid_from === null ? t.sinceStart : instantText(state.valid_from)]]} />
      </Card>
      {state.is_pinned && <Notice tone="warn">{t.pinned}</Notice>}
      {state.warnings.length > 0 && <Notice tone="warn" title={t.warnings}><ul>{state.warnings.map((one) => <li key={one}>{one}</li>)}</ul></Notice>}
      {!state.is_pinned && mayEdit && <Editing tagged={tagged} />}
      <History state={state} />
    </>
  );
}

/** The draft stays when the card in force changes below it: the next save would be refused with 412. */
function Editing({ tagged }: { tagged: TaggedState }) {
  const [base, setBase] = useState(tagged);
  const [draft, setDraft] = useState<CardDraft>(() => toDraft(tagged.state.card));
  const [isSaving, setSaving] = useState(false);
  const [saved, setSaved] = useState<string | null>(null);
  const cache = useQueryClient();
  const preview = useChange("post", "/api/rate-card/preview");
  const card = toCard(draft);
  const edit = (change: Partial<CardDraft>) => { setDraft((before) => ({ ...before, ...change })); setSaved(null); };
  const reset = (from: TaggedState) => { setBase(from); setDraft(toDraft(from.state.card)); preview.reset(); };
  const readTheirs = async () => {
    await cache.invalidateQueries({ queryKey: ["/api/rate-card"] });
    const theirs = cache.getQueryData<TaggedState>(["/api/rate-card"]);
    if (theirs !== undefined) setBase(theirs);
    preview.mutate({ body: { card } });
  };
  return (
    <>
      {saved !== null && <Notice tone="good" isAnnounced>{t.saved(saved)}</Notice>}
      <RateCardEditor draft={draft} onChange={edit} errors={fieldErrors(preview.error)} />
      <div className="row">
        <Button variant="primary" isPending={preview.isPending} onPress={() => preview.mutate({ body: { card } })}>{t.preview}</Button>
        <Button isDisabled={preview.data === undefined} onPress={() => setSaving(true)}>{t.save}</Button>
        <Button variant="plain" onPress={() => reset(tagged)}>{t.reset}</Button>
      </div>
      <ProblemNotice error={preview.error} />
      {preview.data !== undefined && <RateCardEffect effect={preview.data} />}
      {isSaving && (
        <SaveCard
          card={card} tag={tagToSend(base, tagged)} onClose={() => setSaving(false)} onConflict={() => { setSaving(false); void readTheirs(); }}
          onSaved={(version) => { setSaving(false); setSaved(version); void readTheirs(); }}
        />
      )}
    </>
  );
}

type Stored = CardState["stored"][number];

function History({ state }: { state: CardState }) {
  if (state.stored.length === 0) return null;
  const columns: readonly Column<Stored>[] = [
    { id: "version", title: t.present, cell: (one) => one.version, value: (one) => one.version, isHeader: true },
    { id: "from", title: t.validFrom, cell: (one) => instantText(one.valid_from), value: (one) => one.valid_from },
    { id: "put", title: t.putAt, cell: (one) => instantText(one.put_at), value: (one) => one.put_at },
    { id: "by", title: t.putBy, cell: (one) => one.put_by, value: (one) => one.put_by },
  ];
  return <Card title={t.history}><Table caption={t.history} columns={columns} rows={state.stored} rowKey={(one) => String(one.number)} /></Card>;
}
