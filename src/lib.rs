//! tollwatch watches news feeds for casualty tolls and mails when a reported figure changes.

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

pub mod pipeline;
pub mod daemon;
pub mod cli;
