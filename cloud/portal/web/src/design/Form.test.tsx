import { fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { beforeEach, expect, test, vi } from "vitest";
import { Button } from "./Button";
import { Form } from "./Form";
import { TextField } from "./fields";

const send = vi.fn();
beforeEach(() => send.mockReset());

function Sample({ refusal }: { refusal?: string }) {
  const [name, setName] = useState("");
  return (
    <Form onSubmit={() => send(name)}>
      <TextField label="Name" isRequired value={name} onChange={setName} errorMessage={refusal} />
      <Button type="submit">Save</Button>
    </Form>
  );
}

const field = () => screen.getByLabelText<HTMLInputElement>("Name");
const save = () => fireEvent.click(screen.getByRole("button", { name: "Save" }));

test("a required field without a value is shown, has the focus, and nothing is sent", () => {
  render(<Sample />);
  save();
  expect(send).not.toHaveBeenCalled();
  expect(document.activeElement).toBe(field());
  expect(field().getAttribute("aria-invalid")).toBe("true");
  fireEvent.input(field(), { target: { value: "Acme" } });
  expect(field().getAttribute("aria-invalid")).toBeNull(); // before the field loses the focus
  save();
  expect(send).toHaveBeenCalledExactlyOnceWith("Acme");
});

test("a field that the API has refused can be sent again", () => {
  render(<Sample refusal="This name is in use." />);
  expect(field().validity.customError).toBe(true);
  fireEvent.change(field(), { target: { value: "Acme" } });
  save();
  expect(send).toHaveBeenCalledExactlyOnceWith("Acme");
});
