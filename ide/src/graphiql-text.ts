// GraphiQL's own words; the build calls this in place of each phrase of graphiql-ru.json.
import russian from "./graphiql-ru.json";
import { language } from "./texts";

export function graphiqlText(phrase: keyof typeof russian): string {
  return language === "ru" ? russian[phrase] : phrase;
}
