--liquibase formatted sql

--changeset standin:v51.00-001 dbms:postgresql
ALTER TABLE report_row RENAME COLUMN payload TO body;
--rollback ALTER TABLE report_row RENAME COLUMN body TO payload;

--changeset standin:v51.00-001-h2 dbms:h2
ALTER TABLE report_row ALTER COLUMN payload RENAME TO body;
--rollback ALTER TABLE report_row ALTER COLUMN body RENAME TO payload;

--changeset standin:v51.00-002
ALTER TABLE report_row ADD COLUMN checksum varchar(32);
--rollback ALTER TABLE report_row DROP COLUMN checksum;

--changeset standin:v51.00-003 dbms:postgresql
UPDATE report_row SET checksum = md5(writer || '/' || number || '/' || body);
--rollback UPDATE report_row SET checksum = NULL;

--changeset standin:v51.00-003-h2 dbms:h2
UPDATE report_row SET checksum = LOWER(RAWTOHEX(HASH('MD5', writer || '/' || number || '/' || body)));
--rollback UPDATE report_row SET checksum = NULL;
