// GraphiQL comes in English, without a way to translate it: this turns its phrases into calls of graphiqlText.
import { readFileSync } from "node:fs";

import type { Plugin } from "vite";

const PHRASES = Object.keys(JSON.parse(readFileSync(new URL("../src/graphiql-ru.json", import.meta.url), "utf8")));
const GRAPHIQL = /\/node_modules\/(graphiql|@graphiql\/[\w-]+)\/dist\/.*\.js$/;

export function translation(): Plugin {
  const missing = new Set(PHRASES);
  return {
    name: "translation",
    enforce: "pre",
    transform(code, id) {
      if (!GRAPHIQL.test(id)) return null;
      let translated = code;
      for (const phrase of PHRASES) {
        const call = `graphiqlText(${JSON.stringify(phrase)})`;
        const words = phrase.replace(/[.()[\]]/g, "\\$&");
        const before = translated;
        translated = translated
          // The whole of a string that is not a key …
          .replace(new RegExp(`(["'])${words}\\1(?!:)`, "g"), call)
          // … or the part of a template up to the next value or its end.
          .replace(new RegExp(`(?<=[\`}])${words}(?=[\`$])`, "g"), `\${${call}}`);
        if (translated !== before) missing.delete(phrase);
      }
      return translated === code ? null : `import { graphiqlText } from "/src/graphiql-text.ts";\n${translated}`;
    },
    buildEnd() {
      if (missing.size) this.error(`Phrases that GraphiQL no longer has: ${[...missing].join(", ")}`);
    },
  };
}
