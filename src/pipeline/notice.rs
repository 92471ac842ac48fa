//! Who is told of a feed that has failed for long, is well again, has fallen silent, is gone, or is asked elsewhere.

use jiff::{SignedDuration, Timestamp};

use super::{Rules, schedule};
use crate::model::{Address, Email, FeedState, Notice};
use crate::notify;

/// The mails about one feed: to the operator where there is one, else to everybody who is told of changes.
pub(super) fn mails(state: &FeedState, notice: Notice, rules: &Rules, now: Timestamp) -> Vec<Email> {
    let operator = rules.operator.iter().map(|email| Address { name: String::new(), email: email.clone() });
    let everybody = rules.subscriptions.iter().map(|wish| wish.recipient.clone());
    let mut to: Vec<Address> = match rules.operator {
        Some(_) => operator.collect(),
        None => everybody.collect(),
    };
    // Whoever has several wishes is told once.
    to.sort_by(|a, b| a.email.cmp(&b.email));
    to.dedup_by(|a, b| a.email == b.email);
    let patience = state.pace.map_or(SignedDuration::ZERO, schedule::quiet_after);
    let mail = |to: &Address| notify::about_feed(state, notice, patience, (&rules.from, to), &rules.host, now);
    to.iter().map(mail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Subscription;

    #[test]
    fn whoever_has_several_wishes_is_told_once() {
        let wish = |email: &str| Subscription::to(Address { name: String::new(), email: email.to_owned() });
        let rules = Rules {
            subscriptions: ["b@example.org", "a@example.org", "b@example.org"].map(wish).to_vec(),
            host: "example.org".to_owned(),
            tell_of_feeds: true,
            ..Rules::default()
        };
        let url = "https://wire.example/feed".parse().expect("an address");
        let state = FeedState::unpolled("wire", url, Timestamp::UNIX_EPOCH);
        let told = |rules: &Rules| -> Vec<String> {
            mails(&state, Notice::Gone, rules, Timestamp::UNIX_EPOCH).into_iter().map(|mail| mail.to.email).collect()
        };
        assert_eq!(told(&rules), ["a@example.org", "b@example.org"]);
        assert_eq!(told(&Rules { operator: Some("desk@example.org".to_owned()), ..rules }), ["desk@example.org"]);
    }
}
