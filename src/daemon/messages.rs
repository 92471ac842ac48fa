//! The messages that a program may wait for in the journal: `journalctl MESSAGE_ID=…` shows those of one kind alone.
//!
//! The ids are released names: they never change. The manual and the catalog of the journal are made of this table.

/// A kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// 128 bits in hex, as the journal wants them.
    pub id: &'static str,
    /// What it tells, in a few words.
    pub name: &'static str,
    /// The fields that it carries beside those of every message.
    pub fields: &'static [&'static str],
    /// What it means and, where something is to be done, what.
    pub meaning: &'static str,
}

/// A reported figure has changed.
pub const FIGURE_CHANGED: Message = Message {
    id: "5b1f0c6f3a8e4d6f9d7b2f4c1a90e731",
    name: "a figure has changed",
    fields: &["STORY", "OUTLET", "SOURCE", "MEASURE", "GROUP", "AFTER"],
    meaning: "A reported count has moved. Whoever wishes to know is mailed; `tollwatch history` shows the story.",
};
/// A mail was taken by the mail server or the Maildir.
pub const MAIL_SENT: Message = Message {
    id: "4b30bb5be1144fa8bb9bcaff971b8423",
    name: "a mail was sent",
    fields: &["RECIPIENT", "SUBJECT"],
    meaning: "The mail server has taken a mail, or it lies in the Maildir.",
};
/// A mail waits: the server did not take it, or takes nothing from us as we are set up.
pub const MAIL_WAITS: Message = Message {
    id: "80302feea2e744b9b1f28375bd525093",
    name: "a mail waits",
    fields: &["RECIPIENT", "SUBJECT"],
    meaning: "The mail server did not take a mail now. It is tried again for five days; `tollwatch mail outbox list` shows it.",
};
/// A mail was refused for good.
pub const MAIL_REFUSED: Message = Message {
    id: "c2a7f1f04b1d4f3e8f0d6a5b97e3c812",
    name: "a mail was refused",
    fields: &["RECIPIENT", "SUBJECT"],
    meaning: "The mail server has refused a mail for good, and it is set aside. `tollwatch mail outbox list --state dead` shows \
              why, `tollwatch mail outbox retry` queues it once more.",
};
/// A feed that was well has failed.
pub const FEED_DOWN: Message = Message {
    id: "907c938861714b0dbe5c9573b767f91a",
    name: "a feed is down",
    fields: &["FEED", "NEXT"],
    meaning: "A feed that was well has failed, or is over. It is asked again, ever more rarely; `tollwatch status` shows \
              how often it has failed. Those who are mailed are told after a day.",
};
/// A feed that had failed is well again.
pub const FEED_UP: Message = Message {
    id: "c15b3d15bca04a0abb1b925e3a50a46a",
    name: "a feed is up again",
    fields: &["FEED", "NEXT"],
    meaning: "A feed that had failed has answered.",
};
/// A feed that had failed before has failed again.
pub const FEED_FAILED: Message = Message {
    id: "8e4d2b7a95c34d0fa1c6e08b3f72d945",
    name: "a feed has failed again",
    fields: &["FEED", "NEXT"],
    meaning: "A feed that was down already has failed once more, or could not be asked since no network was there.",
};
/// A new config is in force.
pub const CONFIG_LOADED: Message = Message {
    id: "140df5aa1be345d5aa7f4fdda3c8b2b5",
    name: "the config was loaded anew",
    fields: &["FEEDS"],
    meaning: "A new config is in force.",
};
/// A new config is wrong, and the old one stays.
pub const CONFIG_REFUSED: Message = Message {
    id: "f89e3d7031dd42bd84ee0e864114f718",
    name: "the new config was refused",
    fields: &[],
    meaning: "The new config is wrong and the old one stays in force. `tollwatch check` shows every problem with its \
              place and remedy.",
};
/// The database cannot be read or written, or is damaged.
pub const DATABASE_TROUBLE: Message = Message {
    id: "01b817d7e3f14f5b9d8fb9c45f53961a",
    name: "trouble with the database",
    fields: &[],
    meaning: "The database cannot be written, mostly since its disk is full, or a check has found damage. On a full disk \
              nothing is asked for until there is room, and nothing is lost. A damaged database is to be replaced: stop \
              tollwatch and `tollwatch restore` a backup.",
};
/// The database takes writes again.
pub const DATABASE_WELL: Message = Message {
    id: "aec2a239737b4d1aad407bbc40a9a7a4",
    name: "the database is well again",
    fields: &[],
    meaning: "The database can be written again, and what waited is taken up.",
};

/// All of them.
pub const ALL: [Message; 11] = [
    FIGURE_CHANGED,
    MAIL_SENT,
    MAIL_WAITS,
    MAIL_REFUSED,
    FEED_DOWN,
    FEED_UP,
    FEED_FAILED,
    CONFIG_LOADED,
    CONFIG_REFUSED,
    DATABASE_TROUBLE,
    DATABASE_WELL,
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_kind_has_an_id_of_its_own_that_the_journal_takes() {
        let ids: HashSet<&str> = ALL.iter().map(|message| message.id).collect();
        assert_eq!(ids.len(), ALL.len());
        let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        assert!(ids.iter().all(|id| id.len() == 32 && id.chars().all(is_hex)), "{ids:?}");
    }
}
