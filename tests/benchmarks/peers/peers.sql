-- What the peers need beside the gateway's own tables: look-ups by id alone, and a catalogue with the prices of today, worked out
-- beforehand.
ALTER TABLE numbers ADD CONSTRAINT numbers_by_id UNIQUE (id);
ALTER TABLE employees ADD CONSTRAINT employees_by_id UNIQUE (id);
ALTER TABLE departments ADD CONSTRAINT departments_by_id UNIQUE (id);
CREATE UNIQUE INDEX connected_options_by_number ON connected_options (number_id, option_id);

CREATE MATERIALIZED VIEW tariffs_today AS
  SELECT DISTINCT ON (id) id, code, name,
    CASE fee_period WHEN 'DAILY' THEN round(fee_kopecks * 30.4375)::bigint ELSE fee_kopecks END AS monthly_fee_kopecks
  FROM tariffs JOIN tariff_prices ON tariff_id = id AND valid_from <= current_date ORDER BY id, valid_from DESC;
CREATE UNIQUE INDEX ON tariffs_today (id);

CREATE MATERIALIZED VIEW options_today AS
  SELECT DISTINCT ON (id) id, code, name, fee_kopecks
  FROM options JOIN option_prices ON option_id = id AND valid_from <= current_date ORDER BY id, valid_from DESC;
CREATE UNIQUE INDEX ON options_today (id);

ANALYZE;
