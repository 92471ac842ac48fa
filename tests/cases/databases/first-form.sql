-- A little of everything, as the first form of the database held it: a ferry that sank off Port Ardo.
INSERT INTO feeds (name, url, next_check, failures, baseline_done)
    VALUES ('daily', 'https://daily.example/feed.xml', 1741500900000, 0, 1);
INSERT INTO articles (id, url, made) VALUES (1, 'https://daily.example/ferry', 1741500180000);
INSERT INTO article_versions (article, version, outlet, language, published, text, flags, fingerprint, page_sha256, fetched)
    VALUES (1, 1, 'Ardo Daily', 'en', 1741500060000, 'Ferry toll rises

The coast guard counted 31 dead.', '[]', 7, 'abababababababababababababababababababababababababababababababab', 1741500180000);
INSERT INTO items (id, feed, keys, link, title, published, state, baseline, next_try, article, made, ended)
    VALUES (1, 'daily', '["link:daily.example/ferry"]', 'https://daily.example/ferry', 'Ferry toll rises', 1741500060000, 'read', 0,
        1741500000000, 1, 1741500000000, 1741500180000);
INSERT INTO item_keys (scope, key, item) VALUES ('', 'link:daily.example/ferry', 1);
INSERT INTO stories (id, slug, name, first, last, profile)
    VALUES (1, 'port-ardo-ferry', 'Port Ardo ferry', 1741500060000, 1741500060000,
        '{"articles":1,"places":{"Port Ardo":1},"names":{},"events":{"sinking":1},"terms":{}}');
INSERT INTO claims (id, article, version, nth, story, measure, "group", source, bound, low, high, status, scope, quote,
        number_start, number_end, span_start, span_end, rule, confidence, outlet, url, published, seen, fingerprint, verdict)
    VALUES (1, 1, 1, 1, 1, 'killed', 'people', 'Coast guard', 'exact', 31, 31, 'current', 'story',
        'The coast guard counted 31 dead.', 24, 26, 42, 44, 'counted-dead', 930, 'Ardo Daily', 'https://daily.example/ferry',
        1741500060000, 1741500180000, 7, 'told');
INSERT INTO changes (id, story, measure, "group", source, kind, after_bound, after_low, after_high, reason, claim_article,
        claim_version, claim_nth, at, made)
    VALUES (1, 1, 'killed', 'people', 'Coast guard', 'first', 'exact', 31, 31, 'new count', 1, 1, 1, 1741500060000,
        1741500240000);
INSERT INTO alerts (id, recipient, story, due) VALUES (1, 'desk@example.org', 1, 1741500300000);
INSERT INTO alert_changes (recipient, change, alert) VALUES ('desk@example.org', 1, 1);
