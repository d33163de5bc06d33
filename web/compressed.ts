import { readFile, readdir, writeFile } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const TEXT = new Set([".html", ".js", ".css", ".svg", ".ttf"]);

const smaller = {
  ".br": (text: Buffer) =>
    promisify(brotliCompress)(text, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
      },
    }),
  ".gz": (text: Buffer) => promisify(gzip)(text, { level: 9 }),
};

/** Puts a `.br` and a `.gz` next to each file that gets smaller by it. */
export function compressed(): Plugin {
  let folder: string;
  return {
    name: "compressed",
    apply: "build",
    configResolved: ({ root, build }) => void (folder = resolve(root, build.outDir)),
    async closeBundle() {
      const files = await readdir(folder, { recursive: true });
      const texts = files.filter((file) => TEXT.has(extname(file))).map((file) => join(folder, file));
      await Promise.all(texts.flatMap(async (file) => {
        const text = await readFile(file);
        const variants = Object.entries(smaller).map(async ([ending, compress]) =>
          writeFile(file + ending, await compress(text)));
        await Promise.all(variants);
      }));
    },
  };
}
