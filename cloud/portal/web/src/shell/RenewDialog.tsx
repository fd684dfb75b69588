import { Dialog } from "../design/Dialog";
import { Button } from "../design/Button";
import { session } from "../api/session";
import { SignInForm } from "../session/SignInForm";
import { shell } from "../text/en";
import { useIsExpired } from "./use-session";

/** Shown over any page when its session has ended: the page below keeps all that was entered. */
export default function RenewDialog() {
  const isExpired = useIsExpired();
  return (
    <Dialog title={shell.expired} isOpen={isExpired} role="alertdialog" actions={<Button variant="plain" onPress={() => session.abandon()}>{shell.leave}</Button>}>
      <p>{shell.expiredDetail}</p>
      <SignInForm onDone={() => undefined} />
    </Dialog>
  );
}
