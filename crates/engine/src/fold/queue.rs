//! What is added at the end and goes away at the front: lots, and the parts of a window. A vector with a
//! head, so that letting the first go is one addition, and everything that is left is one slice.

/// A queue.
#[derive(Debug, Clone)]
pub struct Queue<T> {
    all: Vec<T>,
    /// How many at the front are gone.
    gone: usize,
}

/// So many are gone before room is made at the front.
const ROOM: usize = 64;

impl<T> Queue<T> {
    /// The first.
    #[inline]
    pub fn front(&self) -> Option<&T> {
        self.all.get(self.gone)
    }

    /// The first, to be changed.
    #[inline]
    pub fn front_mut(&mut self) -> Option<&mut T> {
        self.all.get_mut(self.gone)
    }

    /// The last.
    #[inline]
    pub fn back(&self) -> Option<&T> {
        self.last()
    }

    /// The last, to be changed.
    #[inline]
    pub fn back_mut(&mut self) -> Option<&mut T> {
        self.last_mut()
    }

    /// Makes room for some more.
    pub fn reserve(&mut self, more: usize) {
        self.all.reserve(more);
    }

    /// Adds one at the end.
    // A call would pass the value through memory twice.
    #[inline(always)]
    pub fn push_back(&mut self, value: T) {
        if self.gone >= ROOM {
            self.make_room();
        }
        self.all.push(value);
    }

    #[inline(never)]
    fn make_room(&mut self) {
        self.all.drain(..self.gone);
        self.gone = 0;
    }

    /// Lets the first go.
    #[inline]
    pub fn drop_front(&mut self) {
        self.gone += 1;
        if self.gone >= self.all.len() {
            self.clear();
        }
    }

    /// Puts one before the one at `index`.
    pub fn insert(&mut self, index: usize, value: T) {
        self.all.insert(self.gone + index, value);
    }

    /// Takes the one at `index` out.
    pub fn remove(&mut self, index: usize) {
        self.all.remove(self.gone + index);
    }

    /// Keeps those for which `keep` holds.
    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        self.make_room();
        self.all.retain(keep);
    }

    /// Lets all go; the memory stays.
    #[inline]
    pub fn clear(&mut self) {
        self.all.clear();
        self.gone = 0;
    }
}

impl<T> std::ops::Deref for Queue<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        self.all.get(self.gone..).unwrap_or_default()
    }
}

impl<T> std::ops::DerefMut for Queue<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        self.all.get_mut(self.gone..).unwrap_or_default()
    }
}

impl<'a, T> IntoIterator for &'a Queue<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Queue<T> {
        Queue {
            all: Vec::new(),
            gone: 0,
        }
    }
}

impl<T> FromIterator<T> for Queue<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Queue<T> {
        Queue {
            all: values.into_iter().collect(),
            gone: 0,
        }
    }
}

/// Equal if the same is left, whatever is gone.
impl<T: PartialEq> PartialEq for Queue<T> {
    fn eq(&self, other: &Queue<T>) -> bool {
        **self == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    proptest! {
        #[test]
        fn it_holds_what_a_queue_of_the_standard_library_holds(steps in prop::collection::vec(0u8..6, 0..600)) {
            let (mut queue, mut known) = (Queue::default(), VecDeque::new());
            for (value, step) in steps.into_iter().enumerate() {
                match step {
                    0..=2 => {
                        queue.push_back(value);
                        known.push_back(value);
                    }
                    3 if !known.is_empty() => {
                        queue.drop_front();
                        known.pop_front();
                    }
                    4 if !known.is_empty() => {
                        queue.remove(value % known.len());
                        known.remove(value % known.len());
                    }
                    _ => {
                        let index = value % (known.len() + 1);
                        queue.insert(index, value);
                        known.insert(index, value);
                    }
                }
                prop_assert_eq!(queue.front(), known.front());
                prop_assert!(queue.iter().eq(known.iter()));
            }
        }
    }
}
