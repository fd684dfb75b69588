import { Button } from "../../../design";
import { operations as t } from "../../../text/en/operations";

export interface PagerProps {
  /** What the address has now: an empty text on the first page. */
  at: string;
  /** The cursor of the next page; null on the last. */
  next: string | number | null;
  onChange: (at: string) => void;
}

/** Pages of a list that the server cuts. The browser's own Back leads to the page before. */
export function Pager({ at, next, onChange }: PagerProps) {
  if (at === "" && next === null) return null;
  return (
    <nav className="row">
      <Button isSmall isDisabled={at === ""} onPress={() => onChange("")}>{t.firstPage}</Button>
      <Button isSmall isDisabled={next === null} onPress={() => next !== null && onChange(String(next))}>{t.nextPage}</Button>
    </nav>
  );
}
