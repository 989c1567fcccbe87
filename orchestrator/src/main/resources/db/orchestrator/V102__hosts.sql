CREATE TABLE host (
    name       text PRIMARY KEY,
    site       text        NOT NULL,
    spec       jsonb       NOT NULL,
    updated_at timestamptz NOT NULL
);

-- The identity of a database names the site, or the host, that a path or a loopback address belongs to. Where
-- two installations turn out to have the same database, the later one keeps its old identity: the start of the
-- service must not fail on it.
WITH known AS (
    SELECT id, updated_at,
           CASE spec->'database'->>'kind'
               WHEN 'h2' THEN 'h2:' || site || '/local:' || (spec->'database'->>'path')
               ELSE 'postgresql:'
                    || CASE WHEN lower(spec->'database'->>'host') ~ '^(localhost|127\.\d+\.\d+\.\d+|::1)$'
                            THEN site || '/local'
                            ELSE regexp_replace(lower(spec->'database'->>'host'), '\.$', '') END
                    || ':' || (spec->'database'->>'port') || '/' || (spec->'database'->>'database')
           END AS identity
      FROM installation
     WHERE spec IS NOT NULL AND state <> 'REFUSED'
), first AS (
    SELECT DISTINCT ON (identity) id, identity FROM known ORDER BY identity, updated_at, id
)
UPDATE installation i SET database_identity = first.identity FROM first WHERE i.id = first.id;

UPDATE saga s SET database_identity = i.database_identity
  FROM installation i
 WHERE s.live AND s.installation_id = i.id AND i.database_identity IS NOT NULL;
