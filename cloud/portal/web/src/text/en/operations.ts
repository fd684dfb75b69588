// Texts that the pages of operations share. Each topic has a file of its own in `operations/`.

export const operations = {
  presence: { online: "online", offline: "offline", stopped: "stopped", never: "never connected" } as Record<string, string>,
  firstPage: "First page",
  nextPage: "Next page",
  everyLocation: "All locations",
  everyGroup: "All groups",
  location: "Location",
  device: "Camera",
  group: "Group",
  reason: "Reason",
  none: "none",
  clearFilters: "Clear the filters",
  at: "Time",
  who: "Who",
  event: "Event",
  detail: "Detail",
};
