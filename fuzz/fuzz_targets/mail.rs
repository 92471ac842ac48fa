//! Writes mails whose foreign texts are all made of the input, cut at the control character U+0001. Whatever it is, each
//! mail has the headers that it should have and no other, no bare line break, no line that is too long, no element of HTML
//! that is not ours, nothing that turns the direction of a line around, and leads nowhere but to the web.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

#[path = "../../tests/suite/sound.rs"]
mod sound;

/// Longer texts are cut before they are set, which shows in short ones already.
const LONGEST: usize = 16 * 1024;

fuzz_target!(|text: &str| -> Corpus {
    if text.len() > LONGEST {
        return Corpus::Reject;
    }
    let texts: Vec<&str> = text.split('\u{1}').collect();
    let count = text.bytes().take(8).fold(0, |count, byte| count << 8 | u64::from(byte));
    sound::mails(&texts, count).iter().for_each(sound::check);
    Corpus::Keep
});
