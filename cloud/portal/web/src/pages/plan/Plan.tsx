import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useChange, useGet } from "../../api/client";
import { Button, Card, DataView, Dialog, Form, Loading, Notice, Page, ProblemNotice, TextField } from "../../design";
import { isoDate } from "../../format/time";
import { useSearchText } from "../../routing/address";
import { common } from "../../text/en";
import { plan as t } from "../../text/en/plan";
import { useLocations, type Location } from "../explore/use-explore";
import { findFaults, newBrief, toForm, toRequest, type BriefForm } from "./brief";
import { BriefFields } from "./BriefFields";
import { PlanList } from "./PlanList";
import { SavedBriefs } from "./SavedBriefs";
import "./plan.css";

/** A brief, the saved briefs, and the plans that were computed. */
export default function Plan() {
  const locations = useLocations();
  return (
    <Page title={t.title} lead={t.lead}>
      <DataView query={locations}>{({ locations: all }) => <StartingBrief locations={all} />}</DataView>
      <SavedBriefs />
      <PlanList />
    </Page>
  );
}

/** `?plan=ID` and `?brief=ID` start from a stored plan or a saved brief, `?budget=` with another budget. */
function StartingBrief({ locations }: { locations: readonly Location[] }) {
  const [plan] = useSearchText("plan");
  const [brief] = useSearchText("brief");
  const [budget] = useSearchText("budget");
  const stored = useGet("/api/pricing/plans/{plan}", { params: { path: { plan } } }, { enabled: plan !== "" });
  const saved = useGet("/api/briefs/{brief}", { params: { path: { brief } } }, { enabled: brief !== "" });
  const request = stored.data?.question ?? saved.data?.brief;
  const isWaiting = (plan !== "" && stored.isPending) || (brief !== "" && saved.isPending);
  if (isWaiting) return <Loading />;
  const start = request === undefined ? newBrief(isoDate(Date.now()), locations[0]?.currency ?? "GBP") : toForm(request);
  const form = Number(budget) > 0 ? { ...start, budget: Number(budget) } : start;
  return (
    <>
      <ProblemNotice error={stored.error ?? saved.error} />
      <BriefCard key={`${plan} ${brief} ${budget}`} start={form} locations={locations} />
    </>
  );
}

function BriefCard({ start, locations }: { start: BriefForm; locations: readonly Location[] }) {
  const [form, setForm] = useState(start);
  const [isSent, setSent] = useState(false);
  const [isNaming, setNaming] = useState(false);
  const navigate = useNavigate();
  const compute = useChange("post", "/api/pricing/plans", { invalidates: ["/api/pricing/plans"], onSuccess: ({ id }) => void navigate({ to: `/plan/${id}` }) });
  const faults = findFaults(form);
  const submit = () => {
    setSent(true);
    if (faults.length === 0) compute.mutate({ body: toRequest(form) });
  };
  return (
    <Card title={t.brief}>
      <Form className="stack" onSubmit={submit}>
        <BriefFields form={form} change={(changes) => setForm((before) => ({ ...before, ...changes }))} locations={locations} faults={isSent ? faults : []} />
        <ProblemNotice error={compute.error} />
        <div className="row">
          <Button type="submit" variant="primary" isPending={compute.isPending}>{t.compute}</Button>
          <Button onPress={() => { setSent(true); setNaming(faults.length === 0); }}>{t.save}</Button>
        </div>
      </Form>
      {isNaming && <SaveDialog form={form} onClose={() => setNaming(false)} />}
    </Card>
  );
}

function SaveDialog({ form, onClose }: { form: BriefForm; onClose: () => void }) {
  const [name, setName] = useState("");
  const save = useChange("post", "/api/briefs", { invalidates: ["/api/briefs"] });
  const isDone = save.isSuccess;
  const actions = isDone ? <Button variant="primary" onPress={onClose}>{common.close}</Button> : (
    <>
      <Button onPress={onClose}>{common.cancel}</Button>
      <Button variant="primary" isPending={save.isPending} isDisabled={name.trim() === ""} onPress={() => save.mutate({ body: { name: name.trim(), brief: toRequest(form) } })}>{common.save}</Button>
    </>
  );
  return (
    <Dialog title={t.save} isOpen onClose={onClose} actions={actions}>
      {isDone ? <Notice tone="good" isAnnounced>{t.saved}</Notice> : <TextField label={t.name} value={name} onChange={setName} maxLength={80} autoFocus isRequired />}
      <ProblemNotice error={save.error} />
    </Dialog>
  );
}
