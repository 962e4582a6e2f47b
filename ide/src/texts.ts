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
  endsFollowing: "A subscription is running. Another language loads the page anew: the subscription ends, and its answers are gone.",
  logIn: "Log in",
  logInHint: "Numbers, tariffs, options and bulk changes of your company in one API.",
  ended: "Your session has ended. Log in to go on: your tabs are still here.",
  login: "E-mail or phone number",
  password: "Password",
  code: "Code from the authenticator app, or a recovery code",
  remember: "Stay signed in",
  passkey: "Log in with a passkey",
  passkeyInstead: "Use a passkey instead",
  passkeyHost: "Passkeys work where this page is opened by a host name, with HTTPS or on localhost.",
  noPasskey: "No passkey was used: the browser was told not to, or has none for this site.",
  noPassword: "No password, or forgotten: get a one-time code",
  newPasswordTitle: "New password",
  newPasswordHint: "For the first log-in, a forgotten password or a locked log-in. A one-time code comes by e-mail or SMS.",
  sendCode: "Send a one-time code",
  codeSent: "If anybody signs in with this, a code is on its way. It is good for 10 minutes, in this browser.",
  sendAnother: "Send another code",
  oneTimeCode: "One-time code",
  newPassword: "New password, 10 characters or more",
  setPassword: "Set the password and log in",
  back: "Back to the log-in",
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
  endsFollowing: "Подписка ещё работает. Смена языка перезагрузит страницу: подписка завершится, её ответы пропадут.",
  logIn: "Войти",
  logInHint: "Номера, тарифы, опции и массовые изменения вашей компании в одном API.",
  ended: "Ваш сеанс завершён. Войдите, чтобы продолжить: вкладки на месте.",
  login: "E-mail или номер телефона",
  password: "Пароль",
  code: "Код из приложения-аутентификатора или код восстановления",
  remember: "Не выходить из системы",
  passkey: "Войти с ключом доступа",
  passkeyInstead: "Войти с ключом доступа вместо кода",
  passkeyHost: "Ключи доступа работают, если страница открыта по имени хоста: по HTTPS или на localhost.",
  noPasskey: "Ключ доступа не использован: запрос отменён, или у браузера нет ключа для этого сайта.",
  noPassword: "Нет пароля или забыт: получить одноразовый код",
  newPasswordTitle: "Новый пароль",
  newPasswordHint: "Для первого входа, если пароль забыт или вход заблокирован. Одноразовый код придёт по e-mail или SMS.",
  sendCode: "Прислать одноразовый код",
  codeSent: "Если с этим логином кто-то входит, код уже в пути. Он действует 10 минут и только в этом браузере.",
  sendAnother: "Прислать другой код",
  oneTimeCode: "Одноразовый код",
  newPassword: "Новый пароль, не короче 10 символов",
  setPassword: "Задать пароль и войти",
  back: "Назад ко входу",
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
