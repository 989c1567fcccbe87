-- An incident is about a message or a request, which says itself what it meant.
ALTER TABLE incident DROP COLUMN upgrade_id;
