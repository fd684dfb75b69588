import type { ReactNode } from "react";
import { Button, Card, TextField } from "../../design";
import { rateCard as t } from "../../text/en/rate-card";
import type { BandDraft, CardDraft, Limits, SeasonDraft, Words } from "./parts/card-draft";
import type { FieldErrors } from "./parts/field-errors";

export interface RateCardEditorProps {
  draft: CardDraft;
  onChange: (change: Partial<CardDraft>) => void;
  /** By the field of the API, such as `card.limits.least`. */
  errors: FieldErrors;
}

export function RateCardEditor({ draft, onChange, errors }: RateCardEditorProps) {
  const errorOf = (field: string) => errors[`card.${field}`];
  return (
    <div className="card-sections">
      <Card title={t.general}>
        <div className="fields">
          <TextField label={t.version} description={t.versionNote} value={draft.version} onChange={(version) => onChange({ version })} errorMessage={errorOf("version")} maxLength={40} />
          <TextField label={t.dailyMove} description={t.dailyMoveNote} inputMode="decimal" value={draft.dailyMove} onChange={(dailyMove) => onChange({ dailyMove })} errorMessage={errorOf("daily_move")} />
          <TextField label={t.rounding} description={t.roundingNote} inputMode="numeric" value={draft.rounding} onChange={(rounding) => onChange({ rounding })} errorMessage={errorOf("rounding_minor")} />
        </div>
      </Card>
      <Bands rows={draft.bands} onChange={(bands) => onChange({ bands })} errorOf={errorOf} />
      <Seasons rows={draft.seasons} onChange={(seasons) => onChange({ seasons })} errorOf={errorOf} />
      <WordFactors section="demographic" rows={draft.demographic} onChange={(demographic) => onChange({ demographic })} errorOf={errorOf} />
      <WordFactors section="traffic" rows={draft.traffic} onChange={(traffic) => onChange({ traffic })} errorOf={errorOf} />
      <Bounds section="attention" value={draft.attention} onChange={(attention) => onChange({ attention })} errorOf={errorOf} />
      <Bounds section="limits" value={draft.limits} onChange={(limits) => onChange({ limits })} errorOf={errorOf} />
    </div>
  );
}

type ErrorOf = (field: string) => string | undefined;
interface RowsProps<Row> { rows: readonly Row[]; onChange: (rows: readonly Row[]) => void; errorOf: ErrorOf }

const replaceAt = <Row,>(rows: readonly Row[], at: number, row: Row) => rows.map((one, index) => (index === at ? row : one));
const removeAt = <Row,>(rows: readonly Row[], at: number) => rows.filter((_, index) => index !== at);

function Rows<Row>({ title, rows, onChange, empty, error, children }: {
  title: string; rows: readonly Row[]; onChange: (rows: readonly Row[]) => void; empty: Row; error?: string;
  children: (row: Row, at: number, set: (row: Row) => void) => { fields: ReactNode; name: string };
}) {
  return (
    <Card title={title} actions={<Button isSmall onPress={() => onChange([...rows, empty])}>{t.add}</Button>}>
      <div className="stack">
        {rows.map((row, at) => {
          const { fields, name } = children(row, at, (next) => onChange(replaceAt(rows, at, next)));
          return <div key={at} className="fields card-row" role="group" aria-label={name}>{fields}<Button isSmall variant="plain" aria-label={t.remove(name)} onPress={() => onChange(removeAt(rows, at))}>×</Button></div>;
        })}
      </div>
      {error !== undefined && <p className="error" role="alert">{error}</p>}
    </Card>
  );
}

function Bands({ rows, onChange, errorOf }: RowsProps<BandDraft>) {
  return (
    <Rows title={t.sections.peak_hours ?? ""} rows={rows} onChange={onChange} empty={{ name: "", from: "", to: "", factor: "1" }} error={errorOf("peak_hours")}>
      {(row, at, set) => ({
        name: row.name,
        fields: (
          <>
            <TextField label={t.band} value={row.name} onChange={(name) => set({ ...row, name })} errorMessage={errorOf(`peak_hours.${at}.name`)} maxLength={60} />
            <TextField label={t.from} inputMode="numeric" value={row.from} onChange={(from) => set({ ...row, from })} errorMessage={errorOf(`peak_hours.${at}.from_hour`)} />
            <TextField label={t.to} inputMode="numeric" value={row.to} onChange={(to) => set({ ...row, to })} errorMessage={errorOf(`peak_hours.${at}.to_hour`)} />
            <TextField label={t.factor} inputMode="decimal" value={row.factor} onChange={(factor) => set({ ...row, factor })} errorMessage={errorOf(`peak_hours.${at}.factor`) ?? errorOf(`peak_hours.${at}`)} />
          </>
        ),
      })}
    </Rows>
  );
}

function Seasons({ rows, onChange, errorOf }: RowsProps<SeasonDraft>) {
  return (
    <Rows title={t.sections.seasons ?? ""} rows={rows} onChange={onChange} empty={{ name: "", months: "", factor: "1" }} error={errorOf("seasons")}>
      {(row, at, set) => ({
        name: row.name,
        fields: (
          <>
            <TextField label={t.band} value={row.name} onChange={(name) => set({ ...row, name })} errorMessage={errorOf(`seasons.${at}.name`)} maxLength={60} />
            <TextField label={t.months} value={row.months} onChange={(months) => set({ ...row, months })} errorMessage={errorOf(`seasons.${at}.months`)} />
            <TextField label={t.factor} inputMode="decimal" value={row.factor} onChange={(factor) => set({ ...row, factor })} errorMessage={errorOf(`seasons.${at}.factor`) ?? errorOf(`seasons.${at}`)} />
          </>
        ),
      })}
    </Rows>
  );
}

function WordFactors({ section, rows, onChange, errorOf }: { section: "demographic" | "traffic"; rows: Words; onChange: (rows: Words) => void; errorOf: ErrorOf }) {
  return (
    <Rows<readonly [string, string]> title={t.sections[section] ?? ""} rows={rows} onChange={onChange} empty={["", "1"]} error={errorOf(section)}>
      {([word, factor], _, set) => ({
        name: word,
        fields: (
          <>
            <TextField label={t.word} value={word} onChange={(next) => set([next, factor])} errorMessage={errorOf(`${section}.${word}.[key]`)} maxLength={40} />
            <TextField label={t.factor} inputMode="decimal" value={factor} onChange={(next) => set([word, next])} errorMessage={errorOf(`${section}.${word}`)} />
          </>
        ),
      })}
    </Rows>
  );
}

function Bounds({ section, value, onChange, errorOf }: { section: "attention" | "limits"; value: Limits; onChange: (value: Limits) => void; errorOf: ErrorOf }) {
  return (
    <Card title={t.sections[section]}>
      <div className="fields">
        <TextField label={t.least} description={t.timesBase} inputMode="decimal" value={value.least} onChange={(least) => onChange({ ...value, least })} errorMessage={errorOf(`${section}.least`) ?? errorOf(section)} />
        <TextField label={t.most} description={t.timesBase} inputMode="decimal" value={value.most} onChange={(most) => onChange({ ...value, most })} errorMessage={errorOf(`${section}.most`)} />
      </div>
    </Card>
  );
}
