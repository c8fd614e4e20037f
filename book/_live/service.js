// The page's side of the service worker (offline.js), which keeps what was used for when there is no network.

const PATIENCE = 3000; // milliseconds

// What searching needs, kept from a reader's second page on: the first is to weigh no more than it shows.
const SEARCH = ["search.html", "searchindex.js", "_static/searchtools.js", "_static/language_data.js"];

/** Register it, and hand it all that this page loads: what came before the worker did is asked for once more. */
export async function keepForOffline(root) {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return;
  const returning = Boolean(serviceWorker.controller);
  await serviceWorker.register(new URL("offline.js", root));
  const { active } = await serviceWorker.ready;
  const keep = (addresses) => active.postMessage(addresses.filter((address) => address.startsWith(root.href)));
  keep([location.href.split("#")[0]]);
  if (returning) keep(SEARCH.map((name) => new URL(name, root).href));
  const watch = new PerformanceObserver((list) => keep(list.getEntries().map((entry) => entry.name)));
  watch.observe({ type: "resource", buffered: true });
}

/** When the service worker sees what this page loads, or is not going to. */
export function watched() {
  const { serviceWorker } = navigator;
  if (!serviceWorker || serviceWorker.controller) return Promise.resolve();
  return new Promise((resolve) => {
    serviceWorker.addEventListener("controllerchange", resolve, { once: true });
    setTimeout(resolve, PATIENCE);
  });
}
