// Runs in the page: what makes it wider than its window.

/** The innermost element beyond the window that no ancestor clips or scrolls; null if the page fits. */
export function findWide() {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return null;
  const isClipped = (one) => {
    let isFree = getComputedStyle(one).position === "absolute"; // clipped by positioned ancestors only
    for (let at = one.parentElement; at !== null && at !== root; at = at.parentElement) {
      const { overflowX, position } = getComputedStyle(at);
      if (isFree && position === "static") continue;
      isFree = position === "absolute";
      if (overflowX !== "visible") return true;
    }
    return false;
  };
  const wide = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > root.clientWidth + 1 && !isClipped(one));
  const inner = wide.at(-1);
  const named = inner ? `${inner.tagName}.${inner.getAttribute("class")}: ${inner.textContent.slice(0, 40)}` : "";
  return { width: root.scrollWidth, element: named };
}
