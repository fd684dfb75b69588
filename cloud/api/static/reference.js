// The reference, drawn from /openapi.json; "Ask" puts the question with the example values.

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

// Words between backticks are code.
const prose = (text) =>
  String(text).split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part));

const row = (cells, kind = "td") => element("tr", {}, ...cells.map((cell) => element(kind, {}, ...prose(cell))));

const table = (head, rows) =>
  element("table", {}, element("thead", {}, row(head, "th")), element("tbody", {}, ...rows.map((cells) => row(cells))));

const exampleOf = (parameter) =>
  parameter.examples?.[0] ?? parameter.schema?.examples?.[0] ?? parameter.schema?.anyOf?.[0]?.examples?.[0] ?? parameter.schema?.default ?? "";

const kindOf = (schema = {}) =>
  schema.enum ? schema.enum.join(" | ") : schema.anyOf ? schema.anyOf.map(kindOf).join(" or ") : [schema.type, schema.format].filter(Boolean).join(", ");

const filled = (path, parameters) =>
  parameters.filter((one) => one.in === "path").reduce((built, one) => built.replace(`{${one.name}}`, encodeURIComponent(exampleOf(one))), path);

const asker = (path, parameters) => {
  const shown = element("pre", { hidden: "" });
  const button = element("button", { type: "button" }, `Ask ${filled(path, parameters)}`);
  button.addEventListener("click", async () => {
    const key = sessionStorage.getItem("key"); // of the sign-in on the other pages
    const answer = await fetch(filled(path, parameters), { headers: key ? { "x-api-key": key } : {} });
    const text = await answer.text();
    shown.hidden = false;
    try { shown.textContent = JSON.stringify(JSON.parse(text), null, 2); } catch { shown.textContent = text; }
  });
  return [button, shown];
};

const described = (verb, path, operation) => {
  const parameters = operation.parameters ?? [];
  const made = element("article", {},
    element("h3", {}, element("span", { class: "verb" }, verb.toUpperCase()), path),
    element("p", {}, ...prose(operation.description ?? "")));
  if (parameters.length) {
    made.append(table(["parameter", "in", "type", "example", ""], parameters.map((one) => [
      one.name, one.in, kindOf(one.schema), String(exampleOf(one)), one.description ?? ""])));
  }
  const statuses = Object.entries(operation.responses).map(([status, answer]) => [status, answer.description]);
  made.append(element("details", {},
    element("summary", {}, `answers: ${statuses.map(([status]) => status).join(", ")}`),
    table(["status", ""], statuses)));
  if (verb === "get") made.append(...asker(path, parameters));
  return made;
};

const start = async () => {
  const api = await (await fetch("/openapi.json")).json();
  document.getElementById("about").textContent = api.info.description;
  document.getElementById("operations").append(...Object.entries(api.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => described(verb, path, operation))));
};

start();
