--liquibase formatted sql

--changeset standin:v53.00-001
ALTER TABLE notification ADD COLUMN sent_at timestamp;
--rollback ALTER TABLE notification DROP COLUMN sent_at;
