import { readFile, readdir, writeFile } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

// A .ttf is not compressed in itself, other than a .woff2.
const COMPRESSIBLE = [".html", ".js", ".css", ".svg", ".ttf"];

const brotlied = (text: Buffer) =>
  promisify(brotliCompress)(text, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    },
  });
const gzipped = (text: Buffer) => promisify(gzip)(text, { level: constants.Z_BEST_COMPRESSION });

/** Puts a `.br` and a `.gz` next to each file that gets smaller by it. */
export function compressed(): Plugin {
  let folder: string;
  return {
    name: "compressed",
    apply: "build",
    configResolved({ root, build }) {
      folder = resolve(root, build.outDir);
    },
    async closeBundle() {
      const names = await readdir(folder, { recursive: true });
      const wanted = names.filter((name) => COMPRESSIBLE.includes(extname(name)));
      await Promise.all(wanted.map(async (name) => {
        const file = join(folder, name);
        const text = await readFile(file);
        await writeFile(`${file}.br`, await brotlied(text));
        await writeFile(`${file}.gz`, await gzipped(text));
      }));
    },
  };
}
