// Drawn here: no icon font, no file of others. All are decoration; the text beside says the same.

import type { ReactNode } from "react";

function Icon({ children, size = 24 }: { children: ReactNode; size?: number }) {
  return (
    <svg viewBox="0 0 24 24" width={size} height={size} aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round">
      {children}
    </svg>
  );
}

export const CheckIcon = () => <Icon size={14}><path d="m5 12.5 4.5 4.5L19 7" /></Icon>;
export const DownIcon = () => <Icon size={16}><path d="m6 9 6 6 6-6" /></Icon>;
export const MenuIcon = () => <Icon><path d="M4 7h16M4 12h16M4 17h16" /></Icon>;
export const SunIcon = () => <Icon><circle cx="12" cy="12" r="4" /><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4" /></Icon>;
export const MoonIcon = () => <Icon><path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z" /></Icon>;
export const ScreenIcon = () => <Icon><rect x="3" y="5" width="18" height="12" rx="2" /><path d="M9 21h6M12 17v4" /></Icon>;
export const PersonIcon = () => <Icon><circle cx="12" cy="8" r="4" /><path d="M4.5 20a7.5 7.5 0 0 1 15 0" /></Icon>;
export const LockIcon = () => <Icon><rect x="5" y="11" width="14" height="9" rx="2" /><path d="M8 11V8a4 4 0 0 1 8 0v3" /></Icon>;
export const EmptyIcon = () => <Icon><path d="M4 13 6.5 5h11L20 13v6H4v-6Zm0 0h5a3 3 0 0 0 6 0h5" /></Icon>;
export const FaultIcon = () => <Icon><path d="M12 4 2.8 20h18.4L12 4Z" /><path d="M12 10v4M12 17v.2" /></Icon>;
export const UnseenIcon = () => <Icon><path d="M3 12c2.5-4.5 5.5-6.5 9-6.5s6.5 2 9 6.5c-2.5 4.5-5.5 6.5-9 6.5S5.5 16.5 3 12Z" /><path d="m4 4 16 16" /></Icon>;

/** The arrow of a sorted column. */
export function SortIcon({ direction }: { direction: "ascending" | "descending" | undefined }) {
  return (
    <svg viewBox="0 0 10 14" aria-hidden="true" fill="currentColor">
      {direction !== "descending" && <path d="M5 1 9 6H1Z" />}
      {direction !== "ascending" && <path d="M5 13 1 8h8Z" />}
    </svg>
  );
}

/** The mark of the product: an eye with a screen in it. */
export function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <path d="M2 16C6 8 11 5 16 5s10 3 14 11c-4 8-9 11-14 11S6 24 2 16Z" fill="var(--total)" />
      <rect x="10" y="10" width="12" height="12" rx="2" fill="var(--onlookers)" />
      <circle cx="16" cy="16" r="3" fill="#12343b" />
    </svg>
  );
}
