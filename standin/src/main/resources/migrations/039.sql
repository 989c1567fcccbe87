--liquibase formatted sql

--changeset standin:v39.00-001
CREATE INDEX idx_report_row_created_at ON report_row (created_at);
--rollback DROP INDEX idx_report_row_created_at;
