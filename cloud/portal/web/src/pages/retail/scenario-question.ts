// The sliders of a case as the question of the API; what stays as it is, is not asked.

import { minorToDecimal } from "../../format/money";
import type { Question } from "./use-scenario";

export interface Settings {
  /** A share of the present mean price; null: the recommended price of each store. */
  price: number | null;
  cost: number;
  competitor: number;
  /** Null: as in the rules. */
  move: number | null;
}

export const AS_NOW: Settings = { price: null, cost: 0, competitor: 0, move: null };

export function toQuestion(product: string, { price, cost, competitor, move }: Settings, presentMinor: number | null, currency: string | undefined): Question {
  const hasPrice = price !== null && presentMinor !== null && currency !== undefined;
  return {
    product,
    ...(hasPrice && { price: minorToDecimal(Math.round(presentMinor * price), currency) }),
    ...(cost !== 0 && { cost_change: cost.toFixed(2) }),
    ...(competitor !== 0 && { competitor_price_change: competitor.toFixed(2) }),
    ...(move !== null && { rules: { maximum_move: Number(move.toFixed(2)) } }),
  };
}
