// Everything that pages are made of.
export { Button, type ButtonProps, type ButtonVariant } from "./Button";
export { DownloadButton, Link, LinkButton } from "./Link";
export { Form } from "./Form";
export { DateField, NumberField, TextField } from "./fields";
export { Checkbox, Segments, Select, type Choice } from "./choices";
export { Dialog } from "./Dialog";
export { Tabs, type TabItem } from "./Tabs";
export { Badge, Card, Facts, Figure, Figures, Notice, type Tone } from "./content";
export { Table, type Column } from "./Table";
export { DataView } from "./DataView";
export { PagedTable } from "./PagedTable";
export { Page } from "./Page";
export { Empty, ErrorState, Loading, NoPermission, NotObserved, ProblemNotice, StaleBanner, describeError } from "./states";
export { saveCsv, saveFile } from "./csv";
