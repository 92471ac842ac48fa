//! A sorted set of numbers in little room: neighbours are kept by how far they lie apart.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// So many numbers stand in a block at most; then it is parted.
const BLOCK: usize = 128;

/// A set of numbers, of which many lie close together. A number takes two or three bytes where its neighbour is near and up to
/// ten where it is far; a set of the library takes some fourteen for any. Each operation unpacks a block or two.
#[derive(Debug, Clone, Default)]
pub(super) struct PackedSet {
    /// The blocks by their first number. A block holds how far each of its other numbers lies above the one before: seven
    /// bits a byte, the lowest first, the eighth telling that more follow (LEB128).
    blocks: BTreeMap<u64, Box<[u8]>>,
}

impl PackedSet {
    /// Puts a number in, if it is not there.
    pub(super) fn insert(&mut self, number: u64) {
        // The block that it belongs to begins at or below it; else it goes before the first.
        let first = self.blocks.range(..=number).next_back().or_else(|| self.blocks.iter().next());
        let Some(first) = first.map(|(first, _)| *first) else {
            self.blocks.insert(number, Box::default());
            return;
        };
        let mut numbers: Vec<u64> = unpacked(first, &self.blocks[&first]).collect();
        let Err(at) = numbers.binary_search(&number) else { return };
        numbers.insert(at, number);
        self.blocks.remove(&first);
        let (low, high) = numbers.split_at(if numbers.len() > BLOCK { BLOCK / 2 } else { numbers.len() });
        self.put(low);
        self.put(high);
    }

    /// Takes a number out, if it is there.
    pub(super) fn remove(&mut self, number: u64) {
        let Some((first, block)) = self.blocks.range(..=number).next_back() else { return };
        let mut numbers: Vec<u64> = unpacked(*first, block).collect();
        let Ok(at) = numbers.binary_search(&number) else { return };
        numbers.remove(at);
        let first = *first;
        self.blocks.remove(&first);
        self.put(&numbers);
    }

    /// Whether a number is there.
    pub(super) fn contains(&self, number: u64) -> bool {
        self.range(number..=number).next().is_some()
    }

    /// The numbers of a range, in their order.
    pub(super) fn range(&self, range: RangeInclusive<u64>) -> impl Iterator<Item = u64> {
        let (from, to) = range.into_inner();
        let begin = self.blocks.range(..=from).next_back().map_or(from, |(first, _)| *first);
        let blocks = self.blocks.range(begin..=to.max(begin));
        let numbers = blocks.flat_map(|(first, block)| unpacked(*first, block));
        numbers.skip_while(move |number| *number < from).take_while(move |number| *number <= to)
    }

    fn put(&mut self, numbers: &[u64]) {
        let Some(first) = numbers.first() else { return };
        let mut packed = Vec::with_capacity(3 * numbers.len());
        for pair in numbers.windows(2) {
            let mut apart = pair[1] - pair[0];
            while apart >= 0x80 {
                packed.push((apart & 0x7f) as u8 | 0x80);
                apart >>= 7;
            }
            packed.push(apart as u8);
        }
        self.blocks.insert(*first, packed.into());
    }
}

/// The numbers of a block.
fn unpacked(first: u64, block: &[u8]) -> impl Iterator<Item = u64> {
    let mut bytes = block.iter();
    let mut last = first;
    let others = std::iter::from_fn(move || {
        let (mut apart, mut bits) = (0_u64, 0);
        loop {
            let byte = bytes.next()?;
            apart |= u64::from(byte & 0x7f) << bits;
            bits += 7;
            if byte & 0x80 == 0 {
                last += apart;
                return Some(last);
            }
        }
    });
    std::iter::once(first).chain(others)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is put in and taken out, in whatever order: it holds what a set of the library holds.
        #[test]
        fn it_is_a_set(
            steps in proptest::collection::vec((any::<bool>(), prop_oneof![0..2_000_u64, any::<u64>()]), 0..1_500),
            ranges in proptest::collection::vec((prop_oneof![0..2_000_u64, any::<u64>()], 0..500_u64), 1..20),
        ) {
            let (mut packed, mut set) = (PackedSet::default(), BTreeSet::new());
            for (put, number) in steps {
                if put { packed.insert(number); set.insert(number); } else { packed.remove(number); set.remove(&number); }
            }
            for (from, long) in ranges {
                let range = from..=from.saturating_add(long);
                prop_assert_eq!(packed.range(range.clone()).collect::<Vec<_>>(), set.range(range).copied().collect::<Vec<_>>());
                prop_assert_eq!(packed.contains(from), set.contains(&from));
            }
            prop_assert_eq!(packed.range(0..=u64::MAX).collect::<Vec<_>>(), set.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn neighbours_take_little_room() {
        let mut packed = PackedSet::default();
        // As words of stories are: some hundred words, each in a hundred stories of thousands.
        (0..100_u64).for_each(|word| (0..100).for_each(|story| packed.insert(word << 40 | (word + 37 * story))));
        let bytes: usize = packed.blocks.values().map(|block| block.len()).sum();
        assert!(bytes < 2 * 100 * 100, "{bytes} bytes for 10,000 numbers");
        assert!(packed.blocks.values().all(|block| block.len() < 10 * BLOCK));
    }
}
