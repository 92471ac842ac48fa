//! The period of a count, in the words of an article: is it one day, so that the count is a daily one?

/// Words of periods that are longer than a day, or open.
const LONGER: &str = "since from between until till through throughout days week weeks month months year years decade";
/// Words of a day, or of a part of one.
const OF_A_DAY: &str = "today yesterday tonight overnight day night morning noon afternoon evening midnight \
                        monday tuesday wednesday thursday friday saturday sunday";
const MONTHS: &str = "january february march april may june july august september october november december";

/// Whether a period is one day: "on Tuesday", "in the past 24 hours", "on 7 October 2023".
pub fn is_one_day(period: &str) -> bool {
    let words: Vec<String> = period.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
    let has = |list: &str| words.iter().any(|word| list.split(' ').any(|known| known == word));
    let has_day_of_month = || words.iter().any(|word| word.parse().is_ok_and(|day: u8| (1..=31).contains(&day)));
    !has(LONGER) && (has(OF_A_DAY) || has("24") && has("hours") || has(MONTHS) && has_day_of_month())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_of_one_day_is_told_from_longer_ones() {
        let days = ["on Tuesday morning", "in the past 24 hours", "overnight", "on October 7, 2023", "the day before"];
        let longer =
            ["since Tuesday", "in May", "from Thursday to Saturday", "in 2015", "during three days", "this year", ""];
        assert_eq!(days.into_iter().filter(|period| !is_one_day(period)).collect::<Vec<_>>(), [""; 0]);
        assert_eq!(longer.into_iter().filter(|period| is_one_day(period)).collect::<Vec<_>>(), [""; 0]);
    }
}
