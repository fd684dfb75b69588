import { useState } from "react";
import { useChange, type Schema } from "../../api/client";
import { Button, Checkbox, Dialog, Form, ProblemNotice, TextField } from "../../design";
import { common } from "../../text/en";
import { analytics } from "../../text/en/analytics";

const t = analytics.views;
const LISTS = { invalidates: ["/api/analytics/views"] as const };

interface ViewDialogProps {
  view: Schema<"SavedViewDocument">;
  onClose: () => void;
}

/** Rename a view, or share it. */
export function ChangeViewDialog({ view, onClose }: ViewDialogProps) {
  const [name, setName] = useState(view.name);
  const [shared, setShared] = useState(view.shared);
  const change = useChange("put", "/api/analytics/views/{view}", { ...LISTS, onSuccess: onClose });
  const submit = () => {
    change.mutate({ params: { path: { view: view.id } }, body: { name, shared, page: view.page, query: view.query } });
  };
  return (
    <Dialog title={t.renameTitle(view.name)} isOpen onClose={onClose}>
      <Form onSubmit={submit} className="analytics-form">
        <TextField label={t.name} value={name} onChange={setName} isRequired maxLength={120} autoFocus />
        <Checkbox isSelected={shared} onChange={setShared}>{t.share}</Checkbox>
        <ProblemNotice error={change.error} />
        <div className="row">
          <Button onPress={onClose}>{common.cancel}</Button>
          <Button type="submit" variant="primary" isPending={change.isPending} isDisabled={name.trim() === ""}>{common.save}</Button>
        </div>
      </Form>
    </Dialog>
  );
}

export function RemoveViewDialog({ view, onClose }: ViewDialogProps) {
  const remove = useChange("delete", "/api/analytics/views/{view}", { ...LISTS, onSuccess: onClose });
  const actions = (
    <>
      <Button onPress={onClose}>{common.cancel}</Button>
      <Button variant="danger" isPending={remove.isPending} onPress={() => remove.mutate({ params: { path: { view: view.id } } })}>{t.remove}</Button>
    </>
  );
  return (
    <Dialog title={t.removeTitle(view.name)} isOpen onClose={onClose} role="alertdialog" actions={actions}>
      <p>{t.removeDetail}</p>
      <ProblemNotice error={remove.error} />
    </Dialog>
  );
}
