//! The integration tests: one crate, one file a subject.

mod architecture;
mod cli;
mod config;
mod constructions;
mod daemon;
mod demo;
mod disk;
mod etiquette;
mod extract;
mod feeds;
mod http;
mod look;
mod mail;
mod notify;
mod outbox;
mod process;
mod scrape;
mod server;
mod smtp;
mod service;
mod store;
mod stories;
mod track;
mod watch;
mod web;
