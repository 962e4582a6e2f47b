-- A register to read from: a holding of two companies (1 above 2) and a foreign one (3), whose texts all say Canary.

INSERT INTO companies (id, name, inn, kpp, ogrn, legal_address, contract_number, region, time_zone, status, parent_id,
                       manager_name, manager_phone, manager_email) VALUES
  (1, 'ООО «Альфа Ёлки»', '7707083893', '773601001', '1027700132195', 'Москва', 'C-1', 'Moscow', 'Europe/Moscow', 'ACTIVE', NULL,
   'Мария', '79260000001', 'maria@operator.example'),
  (2, 'АО «Бета»', '7736050003', NULL, NULL, NULL, 'C-2', 'Karelia', 'Europe/Moscow', 'SUSPENDED', 1, NULL, NULL, NULL),
  (3, 'Canary Ltd', '5024002077', 'Canary', 'Canary', 'Canary', 'Canary', 'Canary', 'Europe/Moscow', 'ACTIVE', NULL,
   'Canary', '79269999999', 'Canary');

INSERT INTO tariffs (id, code, name, description, fee_period, kinds, region, archived, switch_fee_kopecks) VALUES
  (1, 'DAY', 'Посуточный', 'Calls by the day', 'DAILY', '{}', NULL, false, 0),
  (2, 'MONTH', 'Месячный', 'Calls by the month', 'MONTHLY', '{}', NULL, false, 10000),
  (3, 'OLD', 'Старый', 'No longer sold', 'MONTHLY', '{}', NULL, true, 0),
  (4, 'NORTHERN', 'Северный', 'For the north', 'MONTHLY', '{}', 'Karelia', false, 0),
  (5, 'MACHINES', 'Machines', 'For machines', 'MONTHLY', '{IOT}', NULL, false, 0);
INSERT INTO tariff_prices VALUES
  (1, '2020-01-01', 1000), (2, '2020-01-01', 50000), (3, '2020-01-01', 30000), (4, '2020-01-01', 20000),
  (5, '2020-01-01', 5000);
INSERT INTO tariff_packages VALUES (2, 'SECONDS', 3600), (2, 'BYTES', NULL);
INSERT INTO options (id, code, name, description, fee_period, archived, theme, promo_days) VALUES
  (1, 'NET_10', 'Интернет 10', '10 GB', 'MONTHLY', false, 'INTERNET', NULL),
  (2, 'NET_50', 'Интернет 50', '50 GB', 'MONTHLY', false, 'INTERNET', 30),
  (3, 'WORLD', 'World', 'Abroad', 'MONTHLY', false, 'ROAMING', NULL),
  (4, 'SMS_100', 'SMS 100', 'Messages', 'DAILY', false, 'MESSAGES', NULL),
  (5, 'GONE', 'Gone', 'No longer sold', 'MONTHLY', true, 'CALLS', NULL);
INSERT INTO option_prices VALUES
  (1, '2020-01-01', 0, 20000), (2, '2020-01-01', 5000, 40000), (3, '2020-01-01', 10000, 90000),
  (4, '2020-01-01', 0, 300), (5, '2020-01-01', 0, 100);
INSERT INTO option_rules (option_id, kind, other_option_id, tariff_id) VALUES
  (2, 'EXCLUDES', 1, NULL), (3, 'REQUIRES', 4, NULL), (3, 'ONLY_FOR_TARIFF', NULL, 2);

INSERT INTO departments (company_id, id, name, cost_centre, parent_id, ancestor_ids, path) VALUES
  (1, 1, 'Sales', 'CC1', NULL, '{1}', '{Sales}'),
  (1, 2, 'North', 'CC2', 1, '{1,2}', '{Sales,North}'),
  (1, 3, 'Depot', NULL, 2, '{1,2,3}', '{Sales,North,Depot}'),
  (1, 4, 'Office', NULL, NULL, '{4}', '{Office}'),
  (2, 5, 'Sales', NULL, NULL, '{5}', '{Sales}'),
  (3, 6, 'Canary', 'Canary', NULL, '{6}', '{Canary}');

INSERT INTO employees (company_id, id, name, position, personnel_number, email, extra_phone, birth_date, department_id) VALUES
  (1, 1, 'Королёв Фёдор', 'Courier', 'P1', 'p1@alpha.example', '79261110001', '1990-05-17', 3),
  (1, 2, 'Ёжикова Анна', 'Clerk', 'P2', NULL, NULL, '1985-01-02', 4),
  (1, 3, 'Абрамов Иван', NULL, NULL, NULL, NULL, NULL, 2),
  (2, 4, 'Беляев Олег', NULL, NULL, NULL, NULL, NULL, 5),
  (3, 5, 'Canary', 'Canary', 'Canary', 'Canary', '79269999998', '1970-01-01', 6);

-- 5,000 numbers of company 1, ids 1 to 5000: number n has the phone number 7926 000 nnnn, and stands in a department by n.
INSERT INTO numbers (company_id, id, msisdn, iccid, kind, status, label, employee_id, department_id, tariff_id, activated_at,
                     last_charged_at, updated_at)
  SELECT 1, n, '7926000' || lpad(n::text, 4, '0'), '8970100000000' || lpad(n::text, 5, '0'),
         (ARRAY['VOICE', 'MODEM', 'IOT'])[1 + n % 3],
         (ARRAY['ACTIVE', 'BLOCKED', 'SUSPENDED', 'DORMANT', 'CLOSED'])[1 + n % 5],
         CASE WHEN n % 4 = 0 THEN 'Route ' || n % 50 END,
         CASE WHEN n <= 30 THEN 1 + n % 3 END,
         (ARRAY[NULL, 1, 2, 3, 4])[1 + n % 5],
         1 + n % 3,
         timestamptz '2024-01-01' + n % 97 * interval '1 day',
         CASE WHEN n % 2 = 0 THEN timestamptz '2025-01-01' + n % 89 * interval '1 day' END,
         timestamptz '2025-06-01' + n % 83 * interval '1 hour'
  FROM generate_series(1, 5000) n;
INSERT INTO numbers (company_id, id, msisdn, iccid, kind, status, department_id, tariff_id, label)
  SELECT 2, n, '7927000' || lpad(n::text, 4, '0'), NULL, 'VOICE', 'ACTIVE', 5, 4, NULL FROM generate_series(6001, 6040) n
  UNION ALL
  SELECT 3, n, '7928000' || lpad(n::text, 4, '0'), '89701999999990' || n, 'VOICE', 'ACTIVE', 6, 1, 'Canary'
  FROM generate_series(7001, 7020) n;
UPDATE numbers SET employee_id = 5 WHERE company_id = 3;
-- Phone numbers that were given back and went to somebody else: one is in use again, the other is not.
INSERT INTO numbers (company_id, id, msisdn, iccid, kind, status, tariff_id, label) VALUES
  (2, 6051, '79270006001', NULL, 'VOICE', 'CLOSED', 4, 'Before'), (2, 6052, '79270000000', NULL, 'VOICE', 'CLOSED', 4, 'First'),
  (2, 6053, '79270000000', NULL, 'VOICE', 'CLOSED', 4, 'Last');

INSERT INTO connected_options (company_id, number_id, option_id, connected_at, promo_ends_at, journal_id)
  SELECT company_id, id, 1, timestamptz '2025-02-01', NULL::timestamptz, 1 FROM numbers WHERE company_id = 1 AND (id % 2 = 0 OR id = 1)
  UNION ALL
  SELECT company_id, id, 4, timestamptz '2025-02-01', NULL, NULL FROM numbers WHERE company_id = 1 AND id % 3 = 0
  UNION ALL
  SELECT 1, 5, 2, timestamptz '2025-02-01', timestamptz '2125-01-01', NULL
  UNION ALL
  SELECT 1, 7, 2, timestamptz '2025-02-01', timestamptz '2025-03-03', NULL
  UNION ALL
  SELECT company_id, id, 3, timestamptz '2025-02-01', NULL, NULL FROM numbers WHERE company_id = 3;
INSERT INTO forwardings VALUES (1, 1, 'BUSY', '79261234567', '2126-01-01'), (1, 1, 'ALWAYS', '79260000009', NULL),
  (3, 7001, 'ALWAYS', '79269999997', NULL);
INSERT INTO service_bans VALUES (1, 1, 'ROAMING', '2025-01-01'), (3, 7001, 'DATA', '2025-01-01');
INSERT INTO spending_limits VALUES (1, 1, 150050, 'STOP', 1005), (3, 7001, 1, 'STOP', 1);

INSERT INTO administrators (id, name, email, phone, language) VALUES
  (1, 'Owner of both', 'owner@alpha.example', '79261000001', 'RU'),
  (2, 'Manager of North', 'manager@alpha.example', NULL, 'RU'),
  (3, 'Canary', 'owner@canary.example', '79261000003', 'EN'),
  (4, 'Auditor of the head, manager of the other', 'auditor@alpha.example', NULL, 'EN');
INSERT INTO api_keys (company_id, id, name, prefix, secret_hash, revoked_at) VALUES
  (1, 1, 'Reports', 'gw_rep', '\x01', NULL), (1, 2, 'Revoked', 'gw_old', '\x02', '2025-01-01'),
  (3, 3, 'Canary', 'Canary', '\x03', NULL);
INSERT INTO roles (company_id, id, name, allows, denies) VALUES
  (1, 1, 'Roaming', '{option:connect,number:read}', '{option:disconnect}'), (3, 2, 'Canary', '{number:read}', '{}');
INSERT INTO grants (company_id, id, administrator_id, api_key_id, role, role_id, department_id) VALUES
  (1, 1, 1, NULL, 'owner', NULL, NULL), (2, 2, 1, NULL, 'owner', NULL, NULL), (1, 3, 2, NULL, 'manager', NULL, 2),
  (3, 4, 3, NULL, 'owner', NULL, NULL), (1, 5, NULL, 1, 'reporting', NULL, NULL), (1, 6, 4, NULL, 'auditor', NULL, NULL),
  (2, 7, 4, NULL, 'manager', NULL, 5), (1, 8, 1, NULL, NULL, 1, NULL);
INSERT INTO sessions (id, administrator_id, token_hash, device, ip, created_at, last_used_at, expires_at, revoked_at) VALUES
  (1, 1, '\x01', 'Firefox', '192.0.2.1', '2025-01-01', '2025-01-02', '2125-01-01', NULL),
  (2, 1, '\x02', 'Chromium', '192.0.2.2', '2025-01-01', '2025-01-03', '2125-01-01', NULL),
  (3, 1, '\x03', 'Revoked', '192.0.2.3', '2025-01-01', '2025-01-03', '2125-01-01', '2025-01-04'),
  (4, 1, '\x04', 'Expired', '192.0.2.4', '2025-01-01', '2025-01-03', '2025-01-04', NULL),
  (5, 3, '\x05', 'Canary', '192.0.2.5', '2025-01-01', '2025-01-03', '2125-01-01', NULL);

-- 300 lines about numbers 1 to 300, an hour apart; every tenth by a key, and two about other things.
INSERT INTO journal_entries (company_id, id, at, actor_kind, actor_id, actor_name, channel, action, subject, number_id, before,
                             after, details, previous_hash, hash)
  SELECT 1, n, timestamptz '2025-03-01' + n * interval '1 hour',
         CASE WHEN n % 10 = 0 THEN 'API_KEY' ELSE 'ADMINISTRATOR' END, 1, 'Owner then',
         CASE WHEN n % 10 = 0 THEN 'API' ELSE 'PORTAL' END, 'option:connect', 'num_' || n, n,
         '{"options": []}', jsonb_build_object('options', ARRAY['NET_10']),
         jsonb_build_object('names', jsonb_build_object('option', 'Интернет 10', 'msisdn', '+79260000' || n)), '', ''
  FROM generate_series(1, 300) n;
INSERT INTO journal_entries (company_id, id, at, actor_kind, actor_id, actor_name, channel, action, subject, previous_hash, hash)
VALUES
  (1, 301, '2025-04-01', 'STAFF', 77, 'Operator', 'OFFICE', 'role:save', 'rol_1', '', ''),
  (1, 302, '2025-04-02', 'SYSTEM', NULL, 'Gateway', 'SYSTEM', 'something:else', 'blk_1', '', ''),
  (3, 303, '2025-04-01', 'ADMINISTRATOR', 3, 'Canary', 'PORTAL', 'role:save', 'num_7001', '', '');
ANALYZE;
