// What the build adds to Vite: the list of pages as JSON, and a gzip file beside each file.

import { constants, gzipSync } from "node:zlib";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runnerImport, type Plugin } from "vite";
import type { PageRoute } from "../src/routing/page-route";

const COMPRESSED = /\.(js|css|html|svg|json)$/;
const COMPRESSED_FROM_BYTES = 1024;

/** `routes.json`: the addresses of all pages, which the tests visit one by one. */
export function writeRoutes(): Plugin {
  return {
    name: "write-routes",
    apply: "build",
    async generateBundle() {
      const { module } = await runnerImport<{ ROUTES: readonly PageRoute[] }>("./src/routes.ts");
      const routes = module.ROUTES.map(({ path, roles }) => ({ path, roles }));
      this.emitFile({ type: "asset", fileName: "routes.json", source: JSON.stringify(routes, null, 1) });
    },
  };
}

/** `NAME.gz` beside each larger text file, so that the server compresses nothing. */
export function compressFiles(): Plugin {
  let folder = "";
  return {
    name: "compress-files",
    apply: "build",
    configResolved: (config) => { folder = join(config.root, config.build.outDir); },
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        if (!COMPRESSED.test(name)) continue;
        const content = readFileSync(join(folder, name));
        if (content.length < COMPRESSED_FROM_BYTES) continue;
        writeFileSync(join(folder, `${name}.gz`), gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
      }
    },
  };
}
