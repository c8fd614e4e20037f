// The service worker: what a reader has opened can be read, and run, without network. The network is asked first, so a
// page is never older than it needs to be.

const CACHE = "layers-by-hand";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function keep(request, response) {
  const cache = await caches.open(CACHE);
  await cache.put(request, response);
}

async function kept(request, error) {
  const found = await caches.match(request, { cacheName: CACHE, ignoreSearch: true });
  if (!found) throw error;
  return found;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith("http")) return;
  const answer = fetch(request);
  const copy = answer.then((response) => (response.status === 200 ? response.clone() : null));
  event.respondWith(answer.catch((error) => kept(request, error)));
  event.waitUntil(copy.then((response) => response && keep(request, response)).catch(() => {}));
});

self.addEventListener("message", (event) => {
  const missing = async (address) => {
    if (!(await caches.match(address, { cacheName: CACHE }))) await (await caches.open(CACHE)).add(address);
  };
  event.waitUntil(Promise.allSettled(event.data.map(missing)));
});
