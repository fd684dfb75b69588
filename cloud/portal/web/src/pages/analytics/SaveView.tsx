import { useState } from "react";
import { useChange, type Schema } from "../../api/client";
import { Button, Checkbox, Dialog, Form, LinkButton, Notice, ProblemNotice, TextField } from "../../design";
import { common } from "../../text/en";
import { analytics } from "../../text/en/analytics";
import { writeView, type Search } from "./filter";
import "./analytics.css";

const t = analytics.views;

/** The buttons of an analytics page: save what is shown, and open what was saved. */
export function ViewTools({ page, search }: { page: Schema<"AnalyticsPage">; search: Search }) {
  const [isOpen, setOpen] = useState(false);
  const [saved, setSaved] = useState<string>();
  return (
    <>
      <Button onPress={() => setOpen(true)}>{t.save}</Button>
      <LinkButton variant="plain" to="/analytics/views">{t.all}</LinkButton>
      {saved !== undefined && <Notice tone="good" isAnnounced>{t.saved(saved)}</Notice>}
      <SaveDialog isOpen={isOpen} onClose={() => setOpen(false)} page={page} query={writeView(search)} onSaved={(name) => { setSaved(name); setOpen(false); }} />
    </>
  );
}

interface SaveDialogProps {
  isOpen: boolean;
  onClose: () => void;
  page: Schema<"AnalyticsPage">;
  query: string;
  onSaved: (name: string) => void;
}

function SaveDialog({ isOpen, onClose, page, query, onSaved }: SaveDialogProps) {
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  const save = useChange("post", "/api/analytics/views", { invalidates: ["/api/analytics/views"], onSuccess: (view) => { setName(""); onSaved(view.name); } });
  const submit = () => save.mutate({ body: { name, page, query, shared } });
  return (
    <Dialog title={t.saveTitle} isOpen={isOpen} onClose={onClose}>
      <Form onSubmit={submit} className="analytics-form">
        <TextField label={t.name} value={name} onChange={setName} isRequired maxLength={120} autoFocus />
        <Checkbox isSelected={shared} onChange={setShared}>{t.share}</Checkbox>
        <ProblemNotice error={save.error} />
        <div className="row">
          <Button onPress={onClose}>{common.cancel}</Button>
          <Button type="submit" variant="primary" isPending={save.isPending} isDisabled={name.trim() === ""}>{common.save}</Button>
        </div>
      </Form>
    </Dialog>
  );
}
