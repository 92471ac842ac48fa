-- How a count was worked out that stands nowhere in the article as such; NULL for a number that it gives.
ALTER TABLE claims ADD COLUMN derived TEXT;
