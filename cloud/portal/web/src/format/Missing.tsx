import { common } from "../text/en";

/** A value that there is not: a dash with the reason, never a zero. */
export function Missing({ reason = common.notKnown }: { reason?: string }) {
  return <span className="missing" title={reason}>—<span className="visually-hidden"> {reason}</span></span>;
}
