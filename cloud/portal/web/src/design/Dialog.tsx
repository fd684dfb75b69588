import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";

export interface DialogProps {
  title: string;
  isOpen: boolean;
  /** Called for Escape, a click beside the dialog, and by its buttons. Without it the dialog must be answered. */
  onClose?: () => void;
  children: ReactNode;
  /** Buttons; the last one is the one that goes on. */
  actions?: ReactNode;
  isWide?: boolean;
  role?: "dialog" | "alertdialog";
}

/** Keeps the focus inside, and gives it back to where it was. */
export function Dialog({ title, isOpen, onClose, children, actions, isWide = false, role = "dialog" }: DialogProps) {
  return (
    <ModalOverlay className="overlay" isOpen={isOpen} isDismissable={onClose !== undefined} isKeyboardDismissDisabled={onClose === undefined} onOpenChange={(open) => !open && onClose?.()}>
      <Modal className={isWide ? "modal wide" : "modal"}>
        <AriaDialog className="dialog" role={role}>
          <Heading slot="title" level={2}>{title}</Heading>
          {children}
          {actions !== undefined && <div className="actions">{actions}</div>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
