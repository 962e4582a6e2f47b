"""What can be allowed or denied: every action, as noun:verb, with a line for people."""

from gateway.kit.texts import Described


class Action(Described):
    """Something that a role allows or denies. The value is what policies, the schema and the journal call it."""

    # Reading
    COMPANY_READ = "company:read", "See the company's card.", "Видеть карточку компании."
    DEPARTMENT_READ = "department:read", "See departments.", "Видеть подразделения."
    EMPLOYEE_READ = (
        "employee:read",
        "See employees: name, position, department, work contacts.",
        "Видеть сотрудников: имя, должность, подразделение, рабочие контакты.",
    )
    EMPLOYEE_READ_PERSONAL = (
        "employee:read_personal",
        "See employees' personal data, such as the birth date.",
        "Видеть персональные данные сотрудников, например дату рождения.",
    )
    NUMBER_READ = "number:read", "See numbers and their settings.", "Видеть номера и их настройки."
    TARIFF_READ = "tariff:read", "See tariffs and their prices.", "Видеть тарифы и их цены."
    OPTION_READ = "option:read", "See options and their prices.", "Видеть опции и их цены."
    BILLING_READ = (
        "billing:read",
        "See billing accounts, balances and charges.",
        "Видеть лицевые счета, балансы и начисления.",
    )
    JOURNAL_READ = "journal:read", "See the operations journal.", "Видеть журнал операций."

    # Changing a number
    NUMBER_CHANGE = (
        "number:change",
        "Ask for changes of a number and see their price; each kind of change needs its own action too.",
        "Запрашивать изменения номера и видеть их цену; каждый вид изменения требует и своего действия.",
    )
    TARIFF_CHANGE = "tariff:change", "Change the tariff of a number.", "Менять тариф номера."
    OPTION_CONNECT = "option:connect", "Connect options.", "Подключать опции."
    OPTION_DISCONNECT = "option:disconnect", "Disconnect options.", "Отключать опции."
    PROMO_GUARD_SET = (
        "promo_guard:set",
        "Have options disconnected before they turn paid.",
        "Поручать отключение опций, прежде чем они станут платными.",
    )
    PROMO_GUARD_CLEAR = (
        "promo_guard:clear",
        "Let options turn paid that were to be disconnected before.",
        "Отменять отключение опций перед тем, как они станут платными.",
    )
    FORWARDING_SET = "forwarding:set", "Forward calls.", "Включать переадресацию вызовов."
    FORWARDING_CLEAR = "forwarding:clear", "Stop forwarding calls.", "Выключать переадресацию вызовов."
    BAN_SET = "ban:set", "Ban kinds of communication.", "Запрещать виды связи."
    BAN_LIFT = "ban:lift", "Lift bans of kinds of communication.", "Снимать запреты видов связи."
    NUMBER_BLOCK = "number:block", "Block numbers.", "Блокировать номера."
    NUMBER_UNBLOCK = "number:unblock", "Unblock numbers.", "Разблокировать номера."
    SPENDING_LIMIT_SET = (
        "spending_limit:set",
        "Set and remove spending limits of numbers.",
        "Устанавливать и снимать лимиты расходов номеров.",
    )
    LABEL_SET = "label:set", "Set and remove labels of numbers.", "Устанавливать и снимать метки номеров."
    NUMBER_ASSIGN = (
        "number:assign",
        "Give numbers to employees and departments.",
        "Закреплять номера за сотрудниками и подразделениями.",
    )
    SIM_REPLACE = "sim:replace", "Replace SIM cards of numbers.", "Заменять SIM-карты номеров."

    # Changing many
    REGISTER_IMPORT = (
        "register:import",
        "Take over a register of numbers and employees from a file.",
        "Загружать реестр номеров и сотрудников из файла.",
    )
    UPLOAD_READ = (
        "upload:read",
        "See which files were sent; those of others where it is held over the whole company.",
        "Видеть отправленные файлы; чужие — если право действует на всю компанию.",
    )
    UPLOAD_DELETE = (
        "upload:delete",
        "Delete files that were sent; those of others where it is held over the whole company.",
        "Удалять отправленные файлы; чужие — если право действует на всю компанию.",
    )
    BULK_CHANGE_READ = "bulk_change:read", "See bulk changes.", "Видеть массовые изменения."
    BULK_CHANGE_PLAN = (
        "bulk_change:plan",
        "Plan bulk changes, retries and undoing.",
        "Планировать массовые изменения, их повтор и отмену сделанного.",
    )
    BULK_CHANGE_APPLY = (
        "bulk_change:apply",
        "Apply, pause, resume and cancel bulk changes.",
        "Запускать, приостанавливать, продолжать и прекращать массовые изменения.",
    )
    BULK_CHANGE_APPROVE = (
        "bulk_change:approve",
        "Approve or refuse bulk changes of others as the second person.",
        "Одобрять или отклонять чужие массовые изменения вторым лицом.",
    )
    APPROVAL_THRESHOLD_SET = (
        "approval_threshold:set",
        "Set above what bulk changes need a second person.",
        "Задавать, с чего массовым изменениям нужно второе лицо.",
    )

    # Access
    ADMINISTRATOR_READ = (
        "administrator:read",
        "See administrators and what they hold.",
        "Видеть администраторов и их полномочия.",
    )
    ADMINISTRATOR_INVITE = (
        "administrator:invite",
        "Invite people as administrators; what they get needs grant:add too.",
        "Приглашать администраторов; для выдачи им ролей нужно и grant:add.",
    )
    ROLE_READ = "role:read", "See roles and what they allow.", "Видеть роли и что они разрешают."
    ROLE_SAVE = "role:save", "Make and change the company's own roles.", "Создавать и менять собственные роли компании."
    GRANT_ADD = "grant:add", "Give roles to others.", "Выдавать роли другим."
    GRANT_REVOKE = "grant:revoke", "Take roles from others.", "Отзывать роли у других."
    OWNER_GRANT = "owner:grant", "Give and take the role of an owner.", "Выдавать и отзывать роль владельца."
    SECOND_FACTOR_RESET = (
        "second_factor:reset",
        "Reset the second factors of others who have lost theirs.",
        "Сбрасывать вторые факторы тем, кто их утратил.",
    )
    API_KEY_READ = "api_key:read", "See API keys, without their secrets.", "Видеть ключи API без их секретов."
    API_KEY_CREATE = "api_key:create", "Make API keys.", "Создавать ключи API."
    API_KEY_ROTATE = "api_key:rotate", "Renew the secrets of API keys.", "Обновлять секреты ключей API."
    API_KEY_REVOKE = "api_key:revoke", "End API keys.", "Отзывать ключи API."
    ACCESS_EXPLAIN = (
        "access:explain",
        "Ask why others are allowed or refused something.",
        "Узнавать, почему другим что-то разрешено или отказано.",
    )
