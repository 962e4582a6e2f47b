// The log-ins of the demo company, offered only where the server says that it is the demo.
import { language } from "./texts";

export const demo = "demo" in document.documentElement.dataset;

export const DEMO_PASSWORD = "demo-Password-1";

const LOG_INS = [
  { login: "owner@demo.example", en: ["Owner", "Everything in both companies of the holding"], ru: ["Владелец", "Всё в обеих компаниях холдинга"] },
  { login: "admin@demo.example", en: ["Administrator", "Numbers, tariffs, options, employees"], ru: ["Администратор", "Номера, тарифы, опции, сотрудники"] },
  { login: "finance@demo.example", en: ["Finance", "Prices and spending"], ru: ["Финансист", "Цены и расходы"] },
  { login: "approver@demo.example", en: ["Approver", "The second person for large changes"], ru: ["Согласующий", "Второе лицо для крупных изменений"] },
  { login: "manager@demo.example", en: ["Department manager", "One department with all below it"], ru: ["Руководитель отдела", "Одно подразделение со всеми вложенными"] },
  { login: "auditor@demo.example", en: ["Auditor", "Reads everything, changes nothing"], ru: ["Аудитор", "Читает всё, не меняет ничего"] },
  { login: "reporting@demo.example", en: ["Reporting", "Exports and synchronisation"], ru: ["Отчётность", "Выгрузки и синхронизация"] },
  { login: "owner@other.example", en: ["Owner of another company", "Sees nothing of the demo company"], ru: ["Владелец другой компании", "Не видит ничего из демо-компании"] },
];

export const demoLogIns = LOG_INS.map((entry) => {
  const [role, duty] = entry[language];
  return { login: entry.login, role, duty };
});
