import { useState } from "react";
import { FileTrigger } from "react-aria-components";
import { useChange } from "../../api/client";
import { Button, Dialog, Facts, Form, Notice, NumberField, ProblemNotice, TextField } from "../../design";
import { mediaText } from "../../format/words";
import { common } from "../../text/en";
import { creatives as t } from "../../text/en/creatives";
import { nameOf, readFile } from "./file-facts";

interface CreativeDraft {
  name: string;
  sha256: string | null;
  mediaType: string;
  widthPx: number;
  heightPx: number;
  durationS: number;
  reference: string;
  categories: string;
}

const NOTHING: CreativeDraft = { name: "", sha256: null, mediaType: "", widthPx: NaN, heightPx: NaN, durationS: NaN, reference: "", categories: "" };

/** Adds a creative: the file is read here, and not sent. */
export function CreativeForm({ onClose }: { onClose: () => void }) {
  const [form, setForm] = useState<CreativeDraft>(NOTHING);
  const [isRead, setRead] = useState(false);
  const add = useChange("post", "/api/creatives", { invalidates: ["/api/creatives"], onSuccess: onClose });
  const choose = (files: FileList | null) => { if (files?.[0]) void fill(files[0]).then((filled) => { setForm(filled); setRead(true); }); };
  const submit = () => add.mutate({ body: toBody(form) });
  return (
    <Dialog title={t.add} isOpen onClose={onClose}>
      <Form onSubmit={submit} className="stack">
        <p className="quiet">{t.fileDetail}</p>
        <div><FileTrigger acceptedFileTypes={["image/*", "video/*"]} onSelect={choose}><Button variant={isRead ? "secondary" : "primary"}>{t.chooseFile}</Button></FileTrigger></div>
        {isRead && <Fields form={form} onChange={setForm} />}
        <ProblemNotice error={add.error} />
        <div className="actions">
          <Button onPress={onClose}>{common.cancel}</Button>
          <Button type="submit" variant="primary" isDisabled={!isComplete(form)} isPending={add.isPending}>{t.save}</Button>
        </div>
      </Form>
    </Dialog>
  );
}

async function fill(file: File): Promise<CreativeDraft> {
  const { widthPx, heightPx, durationS, ...facts } = await readFile(file);
  return { ...NOTHING, ...facts, name: nameOf(file.name), widthPx: widthPx ?? NaN, heightPx: heightPx ?? NaN, durationS: durationS ?? NaN };
}

const isComplete = (form: CreativeDraft): boolean => form.sha256 !== null && form.name !== "" && form.widthPx > 0 && form.heightPx > 0;

function toBody(form: CreativeDraft) {
  const categories = form.categories.split(",").map((one) => one.trim()).filter((one) => one !== "");
  return {
    name: form.name, sha256: form.sha256 ?? "", media_type: form.mediaType, width_px: form.widthPx, height_px: form.heightPx,
    duration_s: Number.isNaN(form.durationS) ? null : form.durationS, reference: form.reference.trim() || null, categories,
  };
}

function Fields({ form, onChange }: { form: CreativeDraft; onChange: (form: CreativeDraft) => void }) {
  const set = (change: Partial<CreativeDraft>) => onChange({ ...form, ...change });
  return (
    <>
      {form.sha256 === null && <Notice tone="bad">{t.noFingerprint}</Notice>}
      <Facts rows={[[t.kind, mediaText(form.mediaType)], [t.fingerprint, <span key="sha" className="mono">{form.sha256 ?? "—"}</span>]]} />
      <TextField label={t.name} description={t.nameDetail} isRequired maxLength={64} value={form.name} onChange={(name) => set({ name })} />
      {Number.isNaN(form.widthPx) && <Notice tone="warn">{t.unreadable}</Notice>}
      <div className="fields">
        <NumberField label={t.width} minValue={1} maxValue={32_768} value={form.widthPx} onChange={(widthPx) => set({ widthPx })} />
        <NumberField label={t.height} minValue={1} maxValue={32_768} value={form.heightPx} onChange={(heightPx) => set({ heightPx })} />
        <NumberField label={t.duration} description={t.durationDetail} minValue={0.1} maxValue={3_600} value={form.durationS} onChange={(durationS) => set({ durationS })} />
      </div>
      <TextField label={t.reference} maxLength={500} value={form.reference} onChange={(reference) => set({ reference })} />
      <TextField label={t.categories} description={t.categoriesDetail} value={form.categories} onChange={(categories) => set({ categories })} />
    </>
  );
}
