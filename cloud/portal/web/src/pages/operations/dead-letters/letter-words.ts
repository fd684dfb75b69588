import type { Schema } from "../../../api/client";
import { deadLetters as t } from "../../../text/en/operations/data";

export type Letter = Schema<"DeadLetterResponse">;
export type Kind = Schema<"DeadLetterKind">;

export const nameLetterKind = (kind: string): string => t.kinds[kind] ?? kind;
