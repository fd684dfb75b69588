// Light, dark, or as the system: an attribute of the document, kept in this browser.

export type Theme = "system" | "light" | "dark";
export const THEMES: readonly Theme[] = ["system", "light", "dark"];

const KEY = "onlooker.theme";
const CHANGED = "onlooker:theme";

export function readTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return THEMES.find((theme) => theme === stored) ?? "system";
}

export function storeTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme(theme);
}

export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  dispatchEvent(new Event(CHANGED));
}

/** Calls back when the colours change, by choice or by the system; returns what stops it. */
export function onThemeChange(callback: () => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  addEventListener(CHANGED, callback);
  system.addEventListener("change", callback);
  return () => { removeEventListener(CHANGED, callback); system.removeEventListener("change", callback); };
}
