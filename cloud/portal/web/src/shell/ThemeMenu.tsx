import { useState } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { MoonIcon, ScreenIcon, SunIcon } from "../design/icons";
import { shell } from "../text/en";
import { readTheme, storeTheme, THEMES, type Theme } from "./theme";

const ICONS = { system: ScreenIcon, light: SunIcon, dark: MoonIcon };

export function ThemeMenu() {
  const [theme, setTheme] = useState(readTheme);
  const Icon = ICONS[theme];
  const choose = (keys: "all" | Set<string | number>) => {
    const chosen = THEMES.find((one) => keys !== "all" && keys.has(one)) ?? theme;
    storeTheme(chosen);
    setTheme(chosen);
  };
  return (
    <MenuTrigger>
      <Button className="icon-button" aria-label={`${shell.theme}: ${shell.themes[theme]}`}><Icon /></Button>
      <Popover className="popover" placement="bottom end">
        <Menu aria-label={shell.theme} selectionMode="single" selectedKeys={[theme]} onSelectionChange={choose}>
          {THEMES.map((one: Theme) => <MenuItem key={one} id={one} className="option">{shell.themes[one]}</MenuItem>)}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
