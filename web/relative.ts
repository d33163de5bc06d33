// Addresses within a page are relative, so that a proxy may put the gateway below a path
// of its own.

import type { RenderBuiltAssetUrl } from "vite";

/** The page at /name is beside the folder of its files, /name/. */
export const besideItsFiles = (name: string): RenderBuiltAssetUrl => (file, { hostType }) =>
  hostType === "html" ? `${name}/${file}` : { relative: true };
