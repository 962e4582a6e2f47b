// The page in English and Russian. A switch reloads the page, so that the language is a constant everywhere.

export type Language = "en" | "ru";

const KEY = "gateway:language";

export const language: Language = chosen() ?? (navigator.language.startsWith("ru") ? "ru" : "en");

export function switchTo(next: Language): void {
  localStorage.setItem(KEY, next);
  location.reload();
}

function chosen(): Language | undefined {
  const stored = localStorage.getItem(KEY);
  return stored === "en" || stored === "ru" ? stored : undefined;
}

const en = {
  product: "Telecom Gateway",
  subtitle: "GraphQL API",
  demo: "Demo",
  language: "Language",
  logIn: "Log in",
  logInHint: "Numbers, tariffs, options and bulk changes of your company in one API.",
  login: "E-mail or phone number",
  password: "Password",
  code: "Code from the authenticator app, or a recovery code",
  remember: "Stay signed in",
  logOut: "Log out",
  demoTitle: "Demo log-ins",
  demoHint: "Choose who you want to be. The data is made up and stays on this machine.",
  loading: "Loading…",
  noAnswer: "The gateway does not answer. Is it running?",
  examples: "Examples",
  examplesHint: "A click opens a tab with the ids of your company filled in. Run it with ▶ or Ctrl+Enter.",
  explorer: "Query builder",
  portal: "Portal developer",
  administrator: "Administrator",
  reporting: "Reporting integration",
};

const ru: typeof en = {
  product: "Telecom Gateway",
  subtitle: "GraphQL API",
  demo: "Демо",
  language: "Язык",
  logIn: "Войти",
  logInHint: "Номера, тарифы, опции и массовые изменения вашей компании в одном API.",
  login: "E-mail или номер телефона",
  password: "Пароль",
  code: "Код из приложения-аутентификатора или код восстановления",
  remember: "Не выходить из системы",
  logOut: "Выйти",
  demoTitle: "Демонстрационные входы",
  demoHint: "Выберите, кем войти. Данные вымышлены и не покидают этот компьютер.",
  loading: "Загрузка…",
  noAnswer: "Шлюз не отвечает. Он запущен?",
  examples: "Примеры",
  examplesHint: "Щелчок открывает вкладку, в которую уже подставлены id вашей компании. Запуск: ▶ или Ctrl+Enter.",
  explorer: "Конструктор запросов",
  portal: "Разработчику портала",
  administrator: "Администратору",
  reporting: "Для отчётности и интеграций",
};

export const texts = { en, ru }[language];
