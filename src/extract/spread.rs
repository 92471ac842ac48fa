//! Tables of all that is known beforehand, of words and of facts, by their hashes.
//!
//! An article alone is read by code and tables that are in no cache, and the look-ups are random. A table that tries place after
//! place is guessed wrong by the processor each time that the first is taken, and then waits for memory. Here each entry has
//! a place of its own, so that one place is looked at and nothing is asked.

use std::hint::select_unpredictable;

/// A table by hashes.
#[derive(Debug, Clone)]
pub struct Spread<T> {
    /// What parts the hashes of a heap from one another and from all others. A hash tells its heap.
    seeds: Vec<u16>,
    /// As many as a power of two, and so are the seeds.
    places: Vec<Place<T>>,
    /// What stands for the entries of all other hashes.
    empty: T,
}

/// An entry with its hash; 0 where the place is free. What fills a line of the processor's cache is aligned to it.
#[derive(Debug, Clone)]
#[repr(align(64))]
struct Place<T> {
    hash: u64,
    entry: T,
}

/// For so many places there is a heap.
const HEAP: usize = 4;
/// Odd numbers whose bits look like chance.
const HEAPS: u64 = 0xff51_afd7_ed55_8ccd;
const PLACES: u64 = 0xc4ce_b9fe_1a85_ec53;

impl<T: Clone> Spread<T> {
    /// A table of empty entries for these hashes, each of which is told once.
    pub fn over(hashes: &[u64], empty: &T) -> Self {
        // With one in eight left free, a seed is soon found for every heap.
        let enough = (hashes.len() + hashes.len() / 8 + 1).next_power_of_two().max(2);
        let mut sizes = std::iter::successors(Some(enough), |places| Some(2 * places));
        sizes.find_map(|places| Self::of_size(places, hashes, empty)).expect("more places part any hashes")
    }

    /// The entry of a hash, or an empty one.
    #[inline]
    pub fn get(&self, hash: u64) -> &T {
        let place = &self.places[self.place(hash)];
        select_unpredictable(place.hash == hash, &place.entry, &self.empty)
    }

    /// Adds the entries of hashes to those found before.
    pub fn get_all<'a>(&'a self, hashes: &[u64], found: &mut Vec<&'a T>) {
        let from = found.len();
        found.resize(from + hashes.len(), &self.empty);
        found[from..].iter_mut().zip(hashes).for_each(|(found, hash)| *found = self.get(*hash));
    }

    /// The entry of a hash of the table.
    pub fn get_mut(&mut self, hash: u64) -> Option<&mut T> {
        let place = self.place(hash);
        Some(&mut self.places[place]).filter(|place| place.hash == hash).map(|place| &mut place.entry)
    }

    /// Finds a seed for every heap, the largest first, by which its hashes come to free places; `None` if there is none.
    fn of_size(places: usize, hashes: &[u64], empty: &T) -> Option<Self> {
        let count = (places / HEAP).max(2);
        let mut table = Self {
            seeds: vec![0; count],
            places: vec![Place { hash: 0, entry: empty.clone() }; places],
            empty: empty.clone(),
        };
        let mut heaps: Vec<Vec<u64>> = vec![Vec::new(); count];
        hashes.iter().for_each(|hash| heaps[table.heap(*hash)].push(*hash));
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|heap| std::cmp::Reverse(heaps[*heap].len()));
        let mut taken = vec![false; places];
        for heap in order {
            let fits = |seed: &u16| {
                let those = heaps[heap].iter().map(|hash| table.at(*hash, *seed));
                let placed = those.clone().take_while(|place| !std::mem::replace(&mut taken[*place], true)).count();
                let all = placed == heaps[heap].len();
                if !all {
                    those.take(placed).for_each(|place| taken[place] = false);
                }
                all
            };
            table.seeds[heap] = (0..=u16::MAX).find(fits)?;
        }
        for hash in hashes {
            let place = table.place(*hash);
            table.places[place].hash = *hash;
        }
        Some(table)
    }

    #[inline]
    fn heap(&self, hash: u64) -> usize {
        upper(hash.wrapping_mul(HEAPS)) & (self.seeds.len() - 1)
    }

    /// The place that a seed tells.
    #[inline]
    fn at(&self, hash: u64, seed: u16) -> usize {
        upper((hash ^ u64::from(seed)).wrapping_mul(PLACES)) & (self.places.len() - 1)
    }

    /// The place of a hash; any other's, or a free one, for those that have none.
    #[inline]
    fn place(&self, hash: u64) -> usize {
        self.at(hash, self.seeds[self.heap(hash)])
    }
}

/// The upper bits of a product, in which all bits of what was multiplied have a part.
#[inline]
fn upper(product: u64) -> usize {
    (product >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::hashed::Hash;

    #[test]
    fn every_hash_has_a_place_of_its_own() {
        let hash = |n: usize| Hash::of(&format!("fact={n}")).id();
        for count in [0, 1, 2, 7, 100, 5_000] {
            let hashes: Vec<u64> = (0..count).map(hash).collect();
            let mut table = Spread::over(&hashes, &0);
            for (n, hash) in hashes.iter().enumerate() {
                *table.get_mut(*hash).expect("it has a place") = n + 1;
            }
            assert!(hashes.iter().enumerate().all(|(n, hash)| *table.get(*hash) == n + 1));
            assert!((count..2 * count + 9).all(|n| *table.get(hash(n)) == 0 && table.get_mut(hash(n)).is_none()));
        }
    }
}
