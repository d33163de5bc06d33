// What the page had to be sent, by what the browser says of it (Resource Timing):
// the page, its files, the workers, and what these load in turn.

const entries = () =>
  performance
    .getEntries()
    .filter((entry) => 'transferSize' in entry)
    .map(({ name, transferSize }) => ({ path: new URL(name).pathname, bytes: transferSize }));

export async function traffic(page) {
  // A worker may end meanwhile: Monaco starts another one when its settings change.
  const workers = page.workers().map((worker) => worker.evaluate(entries).catch(() => []));
  const all = (await Promise.all([page.evaluate(entries), ...workers])).flat();
  const ours = all.filter(({ path }) => path.startsWith('/graphiql'));
  const sum = (list) => list.reduce((total, { bytes }) => total + bytes, 0);
  const assets = ours.filter(({ path }) => path.includes('/assets/'));
  return { total: sum(ours), assets: sum(assets), paths: ours.map(({ path }) => path) };
}
