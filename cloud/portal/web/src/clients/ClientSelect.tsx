import { Button, ListBox, ListBoxItem, Popover, Select, SelectValue, Text } from "react-aria-components";
import { DownIcon } from "../design/icons";
import { clients as t } from "../text/en/clients";
import { allClients, choose, useClient, useClientNames } from "./use-client";

/** The client that the pages are about, in the head of every page of an agency. */
export default function ClientSelect() {
  const client = useClient();
  const { choices } = useClientNames();
  if (choices.length === 0) return null;
  return (
    <Select className="client-select" aria-label={t.client} value={client ?? allClients.value} onChange={(key) => choose(String(key))}>
      <Button className="client-button">
        <SelectValue className="value">{({ selectedText }) => <><span className="quiet">{t.client}</span> {selectedText}</>}</SelectValue>
        <DownIcon />
      </Button>
      <Popover className="popover" placement="bottom end">
        <ListBox>
          {[allClients, ...choices].map((one) => (
            <ListBoxItem key={one.value} id={one.value} textValue={one.label} className="option">
              <Text slot="label">{one.label}</Text>
              {one.description !== undefined && <Text slot="description" className="description">{one.description}</Text>}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}
