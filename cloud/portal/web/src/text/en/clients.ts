// The choice of a client by the user of an agency.

export const clients = {
  client: "Client",
  all: "All clients",
  own: "own account",
  chooseTitle: "Choose a client",
  chooseLead: "Prices, plans and the basket are of one client: its agreements decide what an hour costs. You can change the client at the top of every page.",
  otherTitle: (name: string) => `This belongs to ${name}`,
  otherDetail: "Another client is chosen at the top of the page.",
  change: (name: string) => `Continue as ${name}`,
  chooseFirst: "Choose a client at the top of the page first",
};
