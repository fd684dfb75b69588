// Runs in the page: what makes it wider than its window.

/** The innermost element without which the page would fit; null if it fits. */
export function findWide() {
  const root = document.documentElement;
  const isWide = () => root.scrollWidth > root.clientWidth;
  if (!isWide()) return null;
  const width = root.scrollWidth;
  const fitsWithout = (element) => {
    const before = element.style.display;
    element.style.display = "none";
    const fits = !isWide();
    element.style.display = before;
    return fits;
  };
  let found = document.body;
  for (let inner = found; inner !== undefined; inner = [...inner.children].find(fitsWithout)) found = inner;
  return { width, element: `${found.tagName}.${found.getAttribute("class")}: ${found.textContent.slice(0, 40)}` };
}
