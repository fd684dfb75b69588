import type { Alert } from "./alert-words";
import { AlertDetails } from "./AlertDetails";
import { MuteDialog } from "./MuteDialog";
import { NoteDialog } from "./NoteDialog";

export type AlertAction = "acknowledge" | "close" | "mute" | "details";

export interface AlertDialogsProps {
  alert: Alert;
  action: AlertAction;
  onClose: () => void;
}

/** The dialog of an action on an alert. */
export function AlertDialogs({ alert, action, onClose }: AlertDialogsProps) {
  switch (action) {
    case "details": return <AlertDetails id={alert.id} onClose={onClose} />;
    case "mute": return <MuteDialog alert={alert} onClose={onClose} />;
    default: return <NoteDialog alert={alert} action={action} onClose={onClose} />;
  }
}
