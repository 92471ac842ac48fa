//! tollwatch watches news feeds for casualty tolls and mails when a reported figure changes.
//!
//! A disaster or a massacre is counted for days, by several who count, and told by hundreds of outlets: each number
//! again and again, a day late, rounded, beside the numbers of other events. Who works with these counts wants every
//! real change, soon, with its words and its source, and nothing else. That is all that this crate is about: what a
//! text says was counted, by whom, and whether that is new.
//!
//! ```text
//! Feed ─poll→ FeedItem ─fetch→ Page ─scrape→ Article ─extract→ Figure ─track→ Claim → Change ─notify→ Alert → Email ─mail→ Delivery
//! ```
//!
//! The nouns of that line stand in [`model`]; they are plain values, and each is what one step hands to the next.
//!
//! The stages decide. They are functions of what they are given and know neither the clock nor the disk: [`feeds`] turns
//! the bytes of a feed, however broken, into items; [`scrape`] reduces a page to what its author wrote; [`extract`]
//! reads the figures out of an article, each with the words it stands in and the rule that found it; [`track`] finds the
//! story that an article belongs to and tells a change from a restatement; [`notify`] writes the mails about the changes.
//!
//! The edges touch the world, one outside library each: [`http`] fetches politely and within bounds, [`store`] keeps
//! everything in one SQLite database, [`mail`] hands messages to a Maildir or a mail server.
//!
//! What holds them together: [`config`] checks what the operator wrote, as a whole and before anything starts; [`clock`]
//! alone reads the time; [`pipeline`] knows the order of the steps of one poll, one article and one mail, each stored
//! before the next begins, so that the process may end between any two; [`daemon`] wakes for what is due; [`cli`] is the
//! commands that people type.
//!
//! # Reading figures from a text
//!
//! The heart can be used by itself. It takes an article and never fails; what it cannot read, it leaves out.
//!
//! ```
//! use tollwatch::extract;
//! use tollwatch::model::{Article, Group, Measure, Quantity, Text};
//! use tollwatch::scrape;
//!
//! let text = Text::from_plain(
//!     "Ferry sinks on Lake Orvane\n\n\
//!      At least 27 people were killed when a ferry sank on Lake Orvane, the harbour police said on Monday. \
//!      Ten passengers were still missing."
//!         .to_owned(),
//! );
//! let article = Article {
//!     url: "https://harbour-post.example/ferry-sinks".parse()?,
//!     outlet: "Harbour Post".to_owned(),
//!     language: Some("en".to_owned()),
//!     published: None,
//!     modified: None,
//!     fingerprint: scrape::fingerprint(text.body()),
//!     text,
//!     flags: Vec::new(),
//! };
//!
//! let reading = extract::read(&article);
//! let killed = &reading.figures[0];
//! assert_eq!((killed.measure, killed.group), (Measure::Killed, Group::People));
//! assert_eq!(killed.quantity, Quantity::AtLeast(27));
//! assert_eq!(killed.source.as_deref(), Some("harbour police"));
//! assert_eq!(killed.span.of(article.text.as_str()), "At least 27");
//!
//! let missing = &reading.figures[1];
//! assert_eq!((missing.measure, missing.quantity), (Measure::Missing, Quantity::Exactly(10)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`extract::explain`] prints a reading with carets under the text, as `tollwatch extract` does.

pub mod model;

pub mod feeds;
pub mod scrape;
pub mod extract;
pub mod track;
pub mod notify;

pub mod http;
pub mod store;
pub mod mail;

pub mod config;
pub mod clock;
pub mod crash;

pub mod pipeline;
pub mod daemon;
pub mod web;
pub mod cli;
