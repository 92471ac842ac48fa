-- What the third form could hold beside: a kept page (two bytes, packed), a look that is to come, an article moved by hand.
INSERT INTO pages (sha256, content_type, bytes, packed, fetched)
    VALUES ('8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4', 'text/html', 2, x'789ccbc80400013b00d2', 1741500180000);
INSERT INTO looks (article, item, url, etag, last_modified, page_sha256, published, next, outcome)
    VALUES (1, 1, 'https://daily.example/ferry', '"a1"', NULL,
        'abababababababababababababababababababababababababababababababab', 1741500060000, 1741507260000, NULL);
INSERT INTO stories (id, slug, name, first, last, profile)
    VALUES (2, 'ardo-harbour', 'Ardo harbour', 1741500060000, 1741500060000,
        '{"articles":0,"places":{},"names":{},"events":{},"terms":{}}');
INSERT INTO assignments (article, story, made) VALUES (1, 2, 1741500360000);
