// Turns Vite's output into what is committed: compressed assets, the licences, and a manifest that ties the files to their source.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

import type { Plugin, ResolvedConfig } from "vite";

const SOURCES = ["build", "index.html", "package-lock.json", "package.json", "src", "tsconfig.json", "vite.config.ts"];

/** `licences` gives the text of THIRD-PARTY-LICENSES.txt once everything has been bundled. */
export function packed(licences: () => string): Plugin {
  let config: ResolvedConfig;
  return {
    name: "packed",
    apply: "build",
    configResolved(resolved) {
      config = resolved;
    },
    closeBundle() {
      const built = resolve(config.root, config.build.outDir);
      for (const file of files(built, "ide")) {
        writeFileSync(join(built, `${file}.gz`), gzipSync(readFileSync(join(built, file)), { level: 9 }));
        rmSync(join(built, file));
      }
      writeFileSync(join(built, "THIRD-PARTY-LICENSES.txt"), licences());
      const manifest = {
        sources: digests(config.root, SOURCES.flatMap((path) => files(config.root, path))),
        built: digests(built, files(built, ".")),
      };
      writeFileSync(join(built, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    },
  };
}

/** Paths from `root` of the file `path`, or of all files below the folder `path`. */
function files(root: string, path: string): string[] {
  if (statSync(join(root, path)).isFile()) return [path];
  return readdirSync(join(root, path)).flatMap((name) => files(root, join(path, name)));
}

/** SHA-256 by path, in the order of the paths. */
function digests(root: string, paths: string[]): Record<string, string> {
  const digest = (file: string) => createHash("sha256").update(readFileSync(join(root, file))).digest("hex");
  return Object.fromEntries(paths.sort().map((file) => [file, digest(file)]));
}
