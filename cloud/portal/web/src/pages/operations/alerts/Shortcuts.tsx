import { Button, Dialog } from "../../../design";
import { common } from "../../../text/en";
import { alerts as t } from "../../../text/en/operations/alerts";

export function Shortcuts({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Dialog title={t.shortcuts} isOpen={isOpen} onClose={onClose} actions={<Button variant="primary" onPress={onClose}>{common.close}</Button>}>
      <dl className="facts">{t.shortcutList.map(([key, what]) => <Shortcut key={key} name={key} what={what} />)}</dl>
      <p className="quiet">{t.shortcutsNote}</p>
    </Dialog>
  );
}

function Shortcut({ name, what }: { name: string; what: string }) {
  return <><dt><kbd>{name}</kbd></dt><dd>{what}</dd></>;
}
