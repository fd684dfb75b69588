import type { Schema } from "../../api/client";
import { Badge, Card, LinkButton, Notice } from "../../design";
import { result as t } from "../../text/en/plan";

type Infeasible = Schema<"InfeasibleResponse">;
type Relaxation = Schema<"RelaxationResponse">;

/** Why no plan keeps all limits, and what would make one possible. */
export function Impossible({ answer, plan }: { answer: Infeasible; plan: string }) {
  return (
    <>
      <Notice tone="warn" title={t.impossible}><p className="sentence">{answer.sentence}</p></Notice>
      {answer.relaxations.length > 0 && (
        <Card title={t.relax}>
          <ul className="plan-list relaxations">{answer.relaxations.map((one) => <RelaxationItem key={one.sentence} relaxation={one} plan={plan} />)}</ul>
        </Card>
      )}
    </>
  );
}

function RelaxationItem({ relaxation: { sentence, proven, changes }, plan }: { relaxation: Relaxation; plan: string }) {
  const [only] = changes;
  const budget = changes.length === 1 && only?.limit === "budget" && only.to > 0 ? only.to : undefined;
  return (
    <li>
      <span>{sentence}</span> <Badge tone={proven ? "good" : "neutral"}>{proven ? t.proven : t.estimated}</Badge>
      {budget !== undefined && <LinkButton isSmall to={`/plan?plan=${plan}&budget=${budget}`}>{t.tryBudget}</LinkButton>}
    </li>
  );
}
