import { defineConfig } from "vite";
import { compressed } from "./compressed.ts";
import { besideItsFiles } from "./relative.ts";

const GATEWAY = "http://127.0.0.1:8080";

export default defineConfig({
  base: "/graphiql/",
  experimental: { renderBuiltUrl: besideItsFiles("graphiql") },
  plugins: [compressed()],
  // GraphiQL tells screen readers the name of an icon by the name of its function.
  esbuild: { keepNames: true },
  // Monaco's workers have parts of their own; only modules can have those.
  worker: { format: "es" },
  build: {
    outDir: "dist/graphiql",
    // Every browser that this concerns knows "modulepreload".
    modulePreload: { polyfill: false },
    // Monaco is what it is.
    chunkSizeWarningLimit: 5_000,
    rollupOptions: {
      // "use client" is for frameworks that render on the server.
      onwarn: (warning, warn) => {
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning);
      },
    },
  },
  server: { proxy: { "/graphql": { target: GATEWAY, ws: true } } },
});
