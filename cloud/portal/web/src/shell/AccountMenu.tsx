import { useNavigate } from "@tanstack/react-router";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { api } from "../api/client";
import { session, type Me } from "../api/session";
import { PersonIcon } from "../design/icons";
import { ROUTES } from "../routes";
import { shell } from "../text/en";
import { listPages } from "./navigation";

export function AccountMenu({ me }: { me: Me }) {
  const signOut = useSignOut();
  const pages = listPages(ROUTES, me.roles, "account");
  const name = shortName(me);
  return (
    <MenuTrigger>
      <Button className="icon-button" aria-label={shell.signedInAs(name)}><PersonIcon /><span>{name}</span></Button>
      <Popover className="popover" placement="bottom end">
        <Menu aria-label={shell.account}>
          {pages.map((page) => <MenuItem key={page.path} href={page.path} className="option">{page.label}</MenuItem>)}
          {me.user !== null && <MenuItem className="option" onAction={signOut}>{shell.signOut}</MenuItem>}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function useSignOut(): () => void {
  const navigate = useNavigate();
  const cache = useQueryClient();
  return () => {
    void api.POST("/api/sign-out").finally(async () => {
      session.end();
      await navigate({ to: "/sign-in" });
      cache.clear();
    });
  };
}

/** The name without the id that the audit log needs. */
export function shortName(me: Pick<Me, "name" | "user">): string {
  return me.user === null ? shell.openAccessName : me.name.replace(/ \(user [0-9a-f]+\)$/, "");
}
