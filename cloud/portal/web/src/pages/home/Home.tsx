import { Card, Link, Page } from "../../design";
import { ROUTES } from "../../routes";
import { groupPages, type PageGroup } from "../../shell/navigation";
import { shortName } from "../../shell/AccountMenu";
import { useMe } from "../../shell/use-session";
import { shell } from "../../text/en";
import { home as t } from "../../text/en/home";

/** The pages of the caller's roles, each with what it is for. */
export default function Home() {
  const me = useMe();
  if (me === undefined) return null;
  const groups = groupPages(ROUTES, me.roles);
  return (
    <Page title={me.user === null ? t.title : t.welcome(shortName(me))} lead={t.lead}>
      <div className="columns">{groups.map((group) => <GroupCard key={group.id} group={group} />)}</div>
    </Page>
  );
}

function GroupCard({ group }: { group: PageGroup }) {
  return (
    <Card title={shell.groups[group.id]}>
      <p className="quiet">{t.purposes[group.id]}</p>
      <ul className="link-list">
        {group.pages.map((page) => <li key={page.path}><Link to={page.path}>{page.label}</Link></li>)}
      </ul>
    </Card>
  );
}
