-- What changes with every step, and is looked for by it, has a narrow row of its own. The rest of a saga is then changed in
-- place (heap-only), without an entry in each of its indexes.
CREATE TABLE saga_tick (
    saga_id      uuid PRIMARY KEY,
    change_seq   bigint NOT NULL DEFAULT next_change(),
    deadline_at  timestamptz,
    deadline_for text
) WITH (fillfactor = 70);
INSERT INTO saga_tick (saga_id, change_seq, deadline_at, deadline_for)
SELECT id, change_seq, deadline_at, deadline_for FROM saga;
CREATE INDEX saga_tick_change ON saga_tick (change_seq);
CREATE INDEX saga_tick_deadline ON saga_tick (deadline_at) WHERE deadline_at IS NOT NULL;

ALTER TABLE saga DROP COLUMN change_seq, DROP COLUMN deadline_at, DROP COLUMN deadline_for;
ALTER TABLE saga SET (fillfactor = 80);

-- Nobody looks inside: the text is kept as it comes, without taking it apart for each write.
ALTER TABLE saga
    ALTER COLUMN ordered TYPE json USING ordered::json,
    ALTER COLUMN state TYPE json USING state::json,
    ALTER COLUMN context TYPE json USING context::json;
ALTER TABLE transition_log ALTER COLUMN body TYPE json USING body::json;

-- Only what is old is looked for by these times, and rows come in their order.
DROP INDEX transition_log_at;
CREATE INDEX transition_log_at ON transition_log USING brin (at);
