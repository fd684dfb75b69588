import { Button, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover } from "react-aria-components";
import { DownIcon, MenuIcon } from "../design/icons";
import { shell } from "../text/en";
import type { PageGroup } from "./navigation";

interface GroupMenuProps {
  group: PageGroup;
  isCurrent: boolean;
  path: string;
}

export function GroupMenu({ group, isCurrent, path }: GroupMenuProps) {
  return (
    <MenuTrigger>
      <Button className={isCurrent ? "nav-item current" : "nav-item"}>{shell.groups[group.id]}<DownIcon /></Button>
      <Popover className="popover" placement="bottom start">
        <Menu>{group.pages.map((page) => <PageItem key={page.path} page={page} isCurrent={page.path === path} />)}</Menu>
      </Popover>
    </MenuTrigger>
  );
}

/** All pages in one menu, for narrow screens. */
export function NarrowMenu({ groups }: { groups: readonly PageGroup[] }) {
  return (
    <MenuTrigger>
      <Button className="icon-button menu-button" aria-label={shell.menu}><MenuIcon /></Button>
      <Popover className="popover" placement="bottom end">
        <Menu aria-label={shell.navigation}>
          {groups.map((group) => (
            <MenuSection key={group.id} className="menu-section">
              <Header>{shell.groups[group.id]}</Header>
              {group.pages.map((page) => <PageItem key={page.path} page={page} isCurrent={false} />)}
            </MenuSection>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function PageItem({ page, isCurrent }: { page: PageGroup["pages"][number]; isCurrent: boolean }) {
  return <MenuItem href={page.path} className="option" aria-label={page.label} data-current={isCurrent || undefined}>{page.label}</MenuItem>;
}
