// The bar at the top: what this is, the language, who is signed in.
import { following } from "./gateway";
import icon from "./icon.svg";
import { demo } from "./demo";
import type { Viewer } from "./session";
import { type Language, language, switchTo, texts } from "./texts";

const LANGUAGES = [
  { code: "en", name: "English", short: "EN" },
  { code: "ru", name: "Русский", short: "RU" },
] as const;

/** Another language is another load of the page, which ends what is being followed. */
function choose(code: Language) {
  if (!following() || confirm(texts.endsFollowing)) switchTo(code);
}

export function Header({ viewer, onLogOut }: { viewer: Viewer | null; onLogOut: () => void }) {
  return (
    <header className="bar">
      <img src={icon} alt="" width="28" height="28" />
      <h1>
        {texts.product} <small>{texts.subtitle}</small>
      </h1>
      {demo && <span className="badge">{texts.demo}</span>}
      <div className="bar-end">
        <div className="languages" role="group" aria-label={texts.language}>
          {LANGUAGES.map(({ code, name, short }) => (
            <button key={code} type="button" lang={code} title={name} aria-pressed={code === language} onClick={() => choose(code)}>
              {short}
            </button>
          ))}
        </div>
        {viewer && (
          <>
            <span className="viewer">{viewer.name}</span>
            <button type="button" className="log-out" onClick={onLogOut}>
              {texts.logOut}
            </button>
          </>
        )}
      </div>
    </header>
  );
}
