-- A message lives for a moment: compressing what is longer than 2 kB costs more than writing it (two cores, messages of 2 kB:
-- 55 us of PostgreSQL's time for a row that is written and deleted, 32 us without). Beyond a page they are as before.
ALTER TABLE outbox SET (toast_tuple_target = 8160);
