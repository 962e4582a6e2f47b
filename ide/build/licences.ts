// Collects the licences of every npm package whose code, styles or fonts reach the bundle.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import type { Plugin, ResolvedConfig } from "vite";

/** Plugins for the page and for each of its workers, which share one list, and the text of that list. */
export function licences() {
  const folders = new Set<string>();
  return {
    plugin(): Plugin {
      let config: ResolvedConfig;
      return {
        name: "licences",
        apply: "build",
        configResolved(resolved) {
          config = resolved;
        },
        generateBundle(_, bundle) {
          for (const output of Object.values(bundle)) {
            for (const file of output.type === "chunk" ? output.moduleIds : output.originalFileNames) {
              const folder = packageOf(resolve(config.root, file));
              if (folder) folders.add(folder);
            }
          }
        },
      };
    },
    text: (): string => [...folders].map(entry).sort().join(`\n${"─".repeat(100)}\n`),
  };
}

function packageOf(file: string): string | undefined {
  if (!file.includes("/node_modules/")) return undefined;
  for (let folder = dirname(file); !folder.endsWith("/node_modules"); folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    // A package.json without a name only sets the module format of a folder.
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name) return folder;
  }
  return undefined;
}

function entry(folder: string): string {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const holder = typeof author === "string" ? author : author?.name;
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice|thirdpartynotices)/i.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim());
  const body = texts.length ? texts.join("\n\n") : `Licence: ${license}${holder ? `. Author: ${holder}` : ""}`;
  return `${name} ${version} (${license})\n\n${body}\n`;
}
