-- What a request asked for, so that its id cannot stand for another one; NULL: it was accepted before this was kept.
ALTER TABLE request ADD COLUMN digest text;
