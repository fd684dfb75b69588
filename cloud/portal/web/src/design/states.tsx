// What a page shows when it has nothing to show: each state has its own words and one way on.

import type { ReactNode } from "react";
import { ApiProblem } from "../api/problem";
import { common } from "../text/en";
import { Button } from "./Button";
import { Notice } from "./content";
import { EmptyIcon, FaultIcon, LockIcon, UnseenIcon } from "./icons";

export function Loading({ label = common.loading }: { label?: string }) {
  return (
    <div className="loading" role="status">
      <span className="visually-hidden">{label}</span>
      <div className="bar" /><div className="bar" /><div className="bar" />
    </div>
  );
}

export interface StateProps {
  title: string;
  children?: ReactNode;
  /** What to do next. */
  action?: ReactNode;
}

function State({ icon, title, children, action, role }: StateProps & { icon: ReactNode; role?: "alert" }) {
  return (
    <div className="state" role={role}>
      {icon}
      <strong>{title}</strong>
      {children !== undefined && <p>{children}</p>}
      {action}
    </div>
  );
}

export function Empty(props: StateProps) {
  return <State icon={<EmptyIcon />} {...props} />;
}

/** There are figures of other times or places, but nothing was observed here: never drawn as zero. */
export function NotObserved({ title = common.notObserved, ...rest }: Partial<StateProps>) {
  return <State icon={<UnseenIcon />} title={title} {...rest} />;
}

export function NoPermission({ children = common.noPermissionDetail }: { children?: ReactNode }) {
  return <State icon={<LockIcon />} title={common.noPermission}>{children}</State>;
}

export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const action = onRetry && <Button onPress={onRetry}>{common.tryAgain}</Button>;
  const { title, detail } = describeError(error);
  return <State icon={<FaultIcon />} role="alert" title={title} action={action}>{detail}</State>;
}

/** The title and the words of the API; the request id for a fault of the server. */
export function describeError(error: unknown): { title: string; detail: string } {
  if (!(error instanceof ApiProblem)) return { title: common.fault, detail: common.faultDetail };
  const id = error.status >= 500 && error.requestId !== undefined ? ` ${common.requestId(error.requestId)}` : "";
  return { title: error.title || common.fault, detail: `${error.message}${id}` };
}

/** A refused change, beside what was entered. */
export function ProblemNotice({ error }: { error: unknown }) {
  if (error === null || error === undefined) return null;
  const { title, detail } = describeError(error);
  return <Notice tone="bad" title={title} isAnnounced>{detail}</Notice>;
}

/** Above figures that are older than they should be. */
export function StaleBanner({ children }: { children: ReactNode }) {
  return <Notice tone="warn" title={common.stale}>{children}</Notice>;
}
