-- What a message said, so that its id cannot stand for another one; NULL: it was claimed before this was kept.
ALTER TABLE inbox ADD COLUMN digest text;
