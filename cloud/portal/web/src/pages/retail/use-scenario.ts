// What a case would bring: asked again a moment after the last change, the former answer stays meanwhile.

import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, type Schema } from "../../api/client";
import type { ApiProblem } from "../../api/problem";

export type Question = Partial<Schema<"ScenarioQuestion-Input">> & { product: string };
export type ScenarioAnswer = Schema<"ScenarioAnswer">;
const PAUSE_MS = 250;

export function useScenario(question: Question): UseQueryResult<ScenarioAnswer, ApiProblem> {
  const asked = useSettled(question);
  return useQuery<ScenarioAnswer, ApiProblem>({
    queryKey: ["/api/retail/scenarios/preview", asked],
    queryFn: async ({ signal }) => (await api.POST("/api/retail/scenarios/preview", { body: asked, signal })).data as ScenarioAnswer,
    enabled: asked.product !== "",
    placeholderData: (before) => (before?.product === asked.product ? before : undefined),
  });
}

/** A value once it has not changed for a moment. */
function useSettled(value: Question): Question {
  const [settled, setSettled] = useState(value);
  const text = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(JSON.parse(text) as Question), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled.product === value.product ? settled : value;
}
