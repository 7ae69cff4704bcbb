//! What must be booked when the past of an account turns out to be another one. Nothing that was booked
//! is edited: lines that do not hold any more are taken back, and those that hold instead are booked.

use std::collections::BTreeMap;

/// What takes one list of lines to another, as sets in which a line may stand more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference<T> {
    /// What is too much in the old list, last first: things are unwound in the order in which they can be.
    pub withdrawn: Vec<T>,
    /// What the old list lacks, in the order of the new one.
    pub late: Vec<T>,
}

/// What takes `old` to `new`.
pub fn difference<T: Ord + Clone>(old: &[T], new: &[T]) -> Difference<T> {
    // What both begin with, which is most of it, need not be counted.
    let same = old.iter().zip(new).take_while(|(old, new)| old == new);
    let same = same.count();
    let (old, new) = (&old[same..], &new[same..]);
    let mut surplus: BTreeMap<&T, i64> = BTreeMap::new();
    for line in old {
        *surplus.entry(line).or_default() += 1;
    }
    for line in new {
        *surplus.entry(line).or_default() -= 1;
    }
    let mut take = |line: &T, wanted: i64| match surplus.get_mut(line) {
        Some(count) if *count * wanted > 0 => {
            *count -= wanted;
            true
        }
        _ => false,
    };
    let withdrawn = old.iter().rev().filter(|line| take(line, 1)).cloned();
    let withdrawn = withdrawn.collect();
    // Of equal lines the last ones are new.
    let late = new.iter().rev().filter(|line| take(line, -1)).cloned();
    let mut late: Vec<T> = late.collect();
    late.reverse();
    Difference { withdrawn, late }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_have_is_left_alone_and_repetition_counts() {
        let difference = difference(&["a", "b", "c", "b", "d"], &["a", "x", "b", "d", "d"]);
        assert_eq!(difference.withdrawn, ["b", "c"]);
        assert_eq!(difference.late, ["x", "d"]);
    }

    #[test]
    fn nothing_is_done_where_nothing_differs() {
        let same = difference(&[1, 2, 3], &[1, 2, 3]);
        assert_eq!((same.withdrawn.len(), same.late.len()), (0, 0));
        let sorted = difference(&[1, 2, 3], &[3, 1, 2]);
        assert_eq!((sorted.withdrawn.len(), sorted.late.len()), (0, 0));
    }
}
