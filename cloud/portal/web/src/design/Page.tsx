import { useEffect, useRef, type ReactNode } from "react";
import { common } from "../text/en";

export interface PageProps {
  title: string;
  lead?: ReactNode;
  /** Buttons at the right of the title. */
  actions?: ReactNode;
  children: ReactNode;
  /** For a form with one column, such as the sign-in. */
  isNarrow?: boolean;
}

/** One page: sets the title of the document, and moves the focus to its heading when it is opened. */
export function Page({ title, lead, actions, children, isNarrow = false }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => { document.title = common.documentTitle(title); }, [title]);
  useEffect(() => focusHeading(heading.current), []);
  return (
    <main id="content" className={isNarrow ? "page narrow-page" : "page"} tabIndex={-1}>
      <div className="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>{title}</h1>
          {lead !== undefined && <p className="lead">{lead}</p>}
        </div>
        {actions !== undefined && <div className="row">{actions}</div>}
      </div>
      {children}
    </main>
  );
}

let isFirstPage = true;

/** Before the first navigation the focus stays at the start of the document, before the skip link.
    After a navigation the focus is on a link that is gone; a field that has it keeps it. */
function focusHeading(heading: HTMLElement | null): void {
  if (isFirstPage) {
    isFirstPage = false;
    return;
  }
  const focused = document.activeElement;
  if (focused === null || focused === document.body || !focused.isConnected || focused.tagName === "A") heading?.focus({ preventScroll: true });
}
