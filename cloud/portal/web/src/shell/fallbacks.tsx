import { Page } from "../design/Page";
import { Empty, ErrorState } from "../design/states";
import { LinkButton } from "../design/Link";
import { common, shell } from "../text/en";

export function NotFound() {
  return (
    <Page title={common.notFound}>
      <Empty title={common.notFound} action={<LinkButton to="/">{shell.groups.measure}</LinkButton>}>{common.notFoundDetail}</Empty>
    </Page>
  );
}

export function PageFault({ error, reset }: { error: unknown; reset: () => void }) {
  return <Page title={common.fault}><ErrorState error={error} onRetry={reset} /></Page>;
}
