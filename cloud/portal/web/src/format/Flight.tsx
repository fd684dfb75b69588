import { common } from "../text/en";

/** From one instant to another: a line breaks between them, not inside of one. */
export function Flight({ from, until }: { from: string; until: string }) {
  return <><span className="nowrap">{from}</span> <span className="nowrap">{common.until(until)}</span></>;
}
