// Starts the page.
import "./fonts.css";
import "./page.css";

import { createRoot } from "react-dom/client";

import { App } from "./app";
import { language } from "./texts";

document.documentElement.lang = language;

createRoot(document.getElementById("root")!).render(<App />);
