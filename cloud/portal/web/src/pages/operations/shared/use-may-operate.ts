import { useMe } from "../../../shell/use-session";

/** Whether to offer changes; the API decides what is allowed. */
export function useMayOperate(): boolean {
  const roles = useMe()?.roles ?? [];
  return roles.includes("operations") || roles.includes("admin");
}
