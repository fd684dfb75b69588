import { memo, useMemo, useState } from "react";
import type { Schema } from "../../api/client";
import { TextField } from "../../design";
import { Missing } from "../../format/Missing";
import { decimal } from "../../format/number";
import { live as t } from "../../text/en/live";
import type { LiveBoard } from "./live-board";

type Location = Schema<"LocationResponse">;
const SEARCHED_FROM = 8;

export interface LocationListProps {
  locations: readonly Location[];
  board: LiveBoard;
  now: number;
  chosen: string | undefined;
  onChoose: (id: string) => void;
}

export function LocationList({ locations, board, now, chosen, onChoose }: LocationListProps) {
  const [sought, setSought] = useState("");
  const found = useMemo(() => findLocations(locations, sought), [locations, sought]);
  return (
    <section className="live-list" aria-label={t.screens}>
      <h2>{t.screens}</h2>
      {locations.length >= SEARCHED_FROM && <TextField label={t.search} type="search" value={sought} onChange={setSought} />}
      {found.length === 0 && <p className="quiet">{t.noneFound}</p>}
      <ul>
        {found.map((one) => (
          <LocationEntry key={one.id} id={one.id} name={one.name} crowd={board.current(one.id, now)?.crowd ?? null} isChosen={one.id === chosen} onChoose={onChoose} />
        ))}
      </ul>
    </section>
  );
}

interface LocationEntryProps {
  id: string;
  name: string;
  crowd: number | null;
  isChosen: boolean;
  onChoose: (id: string) => void;
}

/** Drawn again only when its own figure changes. */
const LocationEntry = memo(function LocationEntry({ id, name, crowd, isChosen, onChoose }: LocationEntryProps) {
  return (
    <li>
      <button type="button" aria-pressed={isChosen} onClick={() => onChoose(id)}>
        <span className="name">{name}</span>
        <span className="now">{crowd === null ? <Missing reason={t.noData} /> : decimal(crowd)}</span>
        <span className="id">{id}</span>
        <span className="unit">{crowd === null ? t.noData : t.inView}</span>
      </button>
    </li>
  );
});

export function findLocations(locations: readonly Location[], sought: string): readonly Location[] {
  const words = sought.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return locations.filter((one) => {
    const text = `${one.name} ${one.id}`.toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
}
