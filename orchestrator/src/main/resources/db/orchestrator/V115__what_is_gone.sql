-- The ids of installations that were forgotten: the fence of one may be taken by another at any time later.
CREATE TABLE gone (
    installation_id uuid PRIMARY KEY
);
INSERT INTO gone SELECT DISTINCT installation_id FROM removal;

-- Set from the first question of a registration to its end.
UPDATE installation SET inspect_until = NULL WHERE state <> 'REGISTERING';
