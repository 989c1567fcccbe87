--liquibase formatted sql

--changeset standin:v49.00-001
UPDATE report_row SET label = writer || '/' || number;
--rollback UPDATE report_row SET label = NULL;

--changeset standin:v49.00-002
CREATE INDEX idx_report_row_label ON report_row (label);
--rollback DROP INDEX idx_report_row_label;
