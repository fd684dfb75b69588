import { jobs as t } from "../../../text/en/operations/jobs";
import { countAll, countFailed, countOver, type Job } from "./job-words";

export function JobProgress({ job }: { job: Job }) {
  const [over, all, failed] = [countOver(job), countAll(job), countFailed(job)];
  return (
    <span className="job-progress">
      <progress max={Math.max(1, all)} value={over} aria-label={t.progress(over, all)} />
      <span className="quiet">{t.progress(over, all)}{failed > 0 && <>, {t.failed(failed)}</>}</span>
    </span>
  );
}
