-- Only what is old is looked for by this time, and rows come in its order.
DROP INDEX inbox_claimed_at;
CREATE INDEX inbox_claimed_at ON inbox USING brin (claimed_at);
