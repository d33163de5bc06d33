import { defineConfig } from "vite";
import { compressed } from "../compressed.ts";
import { besideItsFiles } from "../relative.ts";

const GATEWAY = "http://127.0.0.1:8080";

export default defineConfig({
  base: "/customers/",
  experimental: { renderBuiltUrl: besideItsFiles("customers") },
  plugins: [compressed()],
  build: {
    outDir: "../dist/customers",
    emptyOutDir: true,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/graphql": { target: GATEWAY, ws: true } } },
});
