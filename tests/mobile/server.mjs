// A server of files on a loopback port, as any would do for the page.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

const TYPES = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript' };

/** Serves what is in a folder itself; the server and its origin. */
export const serve = async (folder) => {
  const server = createServer(async ({ url }, response) => {
    const name = url === '/' ? 'index.html' : url.slice(1);
    const type = TYPES[extname(name)];
    const body = type && !name.includes('/') && (await readFile(join(folder, name)).catch(() => null));
    response.writeHead(body ? 200 : 404, { 'content-type': type ?? 'text/plain' }).end(body || '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
};
