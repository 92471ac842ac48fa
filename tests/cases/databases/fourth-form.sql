-- What the fourth form could hold beside: a feed that is moving and has been told of, and a host that wants rest.
UPDATE feeds SET moved = 'https://daily.example/new.xml', pace = 3600000, ttl = 600000, skip_hours = 7, told = 'failing',
        failing_since = 1741400000000, notice = 'failing', failures = 9, trouble = '503' WHERE name = 'daily';
INSERT INTO host_rests (host, until) VALUES ('daily.example', 1741507260000);
