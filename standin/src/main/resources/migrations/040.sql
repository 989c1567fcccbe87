--liquibase formatted sql

--changeset standin:v40.00-001
ALTER TABLE core_user ADD COLUMN display_name varchar(254);
--rollback ALTER TABLE core_user DROP COLUMN display_name;
