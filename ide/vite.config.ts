// Builds the page that the gateway serves at "/": one HTML file and hashed assets under /ide/.
import { defineConfig } from "vite";

import { licences } from "./build/licences.ts";
import { packed } from "./build/packed.ts";
import { translation } from "./build/translation.ts";

const thirdParty = licences();

export default defineConfig({
  plugins: [translation(), thirdParty.plugin(), packed(thirdParty.text)],
  worker: { format: "es", plugins: () => [thirdParty.plugin()] },
  build: {
    outDir: "../gateway/transport/ide_dist",
    emptyOutDir: true,
    assetsDir: "ide",
    target: "es2022",
    // The polyfill is for browsers that can't run the rest either.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4096,
    // "use client" means nothing outside of server-side React.
    rolldownOptions: { onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning) },
  },
  // `npm run dev`: the page with hot reload against a gateway on its usual port.
  server: { proxy: { "/graphql": { target: "http://127.0.0.1:8000", ws: true } } },
});
