export const home = {
  title: "Onlooker",
  welcome: (name: string) => `Welcome, ${name}`,
  lead: "Measured audiences of screens, and a price with reasons for every slot.",
  purposes: {
    measure: "What the cameras count now.",
    buy: "Compare screens and hours, plan a budget, and book.",
    campaigns: "What your campaigns deliver, and what they cost.",
    sales: "Proposals, holds, approvals, deals and prices.",
    finance: "Invoices, make-goods and revenue.",
    operations: "Cameras, their configuration, jobs and alerts.",
    analytics: "Patterns of audiences over time and place.",
    retail: "Prices in stores, recommendations, experiments.",
    account: "Your profile.",
  },
};
