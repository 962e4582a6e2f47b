// Shown while GraphiQL is on its way.
import { texts } from "./texts";

export function Loading() {
  return <p className="loading">{texts.loading}</p>;
}
