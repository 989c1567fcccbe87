-- A backup says itself what release ran on its data, with the hash of what every node ran.
UPDATE backup
   SET body = body - 'version' - 'artifactSha256' || jsonb_build_object('release', jsonb_strip_nulls(
           jsonb_build_object('version', body->'version', 'edition', edition, 'sha256', body->'artifactSha256')))
 WHERE NOT body ? 'release';

ALTER TABLE backup DROP COLUMN edition;
