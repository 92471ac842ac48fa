-- What the second form could hold beside: a count that was worked out.
INSERT INTO claims (id, article, version, nth, story, measure, "group", source, bound, low, high, status, scope, quote,
        number_start, number_end, span_start, span_end, rule, confidence, outlet, url, published, seen, fingerprint, verdict,
        derived)
    VALUES (2, 1, 1, 2, 1, 'killed', 'women', 'Coast guard', 'at_least', 4, NULL, 'current', 'story',
        'The coast guard counted 31 dead.', 24, 26, 42, 44, 'counted-dead', 900, 'Ardo Daily', 'https://daily.example/ferry',
        1741500060000, 1741500180000, 7, 'kept', '31 dead, 27 of them men');
