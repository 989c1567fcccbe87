-- What a saga has of its site's outages: WAITING before it stops anything, TAKEN while its application is down.
ALTER TABLE saga ADD COLUMN site text, ADD COLUMN outage text;
CREATE INDEX saga_outage ON saga (site, outage, started_at) WHERE outage IS NOT NULL;
