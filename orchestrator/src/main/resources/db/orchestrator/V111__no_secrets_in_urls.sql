-- User and password of URLs, which requests could have until now. The host's key and certificate are what lets Uplift in.
UPDATE host SET spec = jsonb_set(spec, '{url}', to_jsonb(regexp_replace(spec->>'url', '^(https?://)[^/?#]*@', '\1', 'i')))
 WHERE spec->>'url' ~* '^https?://[^/?#]*@';

UPDATE installation SET spec = regexp_replace(spec::text, '("url": *"https?://)[^/"?#]*@', '\1', 'gi')::jsonb
 WHERE spec::text ~* '"url": *"https?://[^/"?#]*@';

UPDATE saga SET context = regexp_replace(context::text, '("url": *"https?://)[^/"?#]*@', '\1', 'gi')::jsonb
 WHERE context::text ~* '"url": *"https?://[^/"?#]*@';

UPDATE incident SET problem = regexp_replace(problem, '://[^/[:space:]?#]*@', '://***@', 'g')
 WHERE problem ~ '://[^/[:space:]?#]*@';
