import type { Schema } from "../../../api/client";
import { wordOf } from "../../../format/words";
import { deadLetters as t } from "../../../text/en/operations/data";

export type Letter = Schema<"DeadLetterResponse">;
export type Kind = Schema<"DeadLetterKind">;

export const nameLetterKind = (kind: string): string => wordOf(t.kinds, kind);
