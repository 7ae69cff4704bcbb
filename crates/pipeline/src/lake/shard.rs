//! Shards: the units of parallel work. An account always falls into the same of [`BUCKETS`] buckets;
//! a shard is a range of buckets, so that the number of shards is a matter of a store, not of the data.

/// How many buckets there are, for ever.
pub const BUCKETS: u16 = 4_096;

/// The bucket of an account: XXH3 (64 bits, seed 0) of its UTF-8 bytes, modulo [`BUCKETS`].
pub fn bucket(account: &str) -> u16 {
    (xxhash_rust::xxh3::xxh3_64(account.as_bytes()) % u64::from(BUCKETS)) as u16
}

/// The shard of an account in a store of `shards` shards (1 to [`BUCKETS`]).
pub fn shard_of(account: &str, shards: u16) -> u16 {
    (u32::from(bucket(account)) * u32::from(shards) / u32::from(BUCKETS)) as u16
}

/// Neighbouring shards that one task works off and that share its files: on a quiet night a file a
/// shard would cost more than the rows in it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct ShardRange {
    /// First shard.
    pub first: u16,
    /// Last shard, included.
    pub last: u16,
}

impl ShardRange {
    /// `shards` cut into at most `parts` ranges of nearly the same length.
    pub fn split(shards: u16, parts: u16) -> Vec<ShardRange> {
        let parts = u32::from(parts.clamp(1, shards.max(1)));
        let shards = u32::from(shards);
        (0..parts)
            .map(|part| ShardRange {
                first: (part * shards / parts) as u16,
                last: ((part + 1) * shards / parts).saturating_sub(1) as u16,
            })
            .collect()
    }

    /// Its shards.
    pub fn shards(self) -> impl Iterator<Item = u16> {
        self.first..=self.last
    }

    /// Whether a shard is in it.
    pub fn contains(self, shard: u16) -> bool {
        (self.first..=self.last).contains(&shard)
    }
}

impl std::fmt::Display for ShardRange {
    /// As it stands in names of files: `007` or `000-031`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.first == self.last {
            true => write!(out, "{:03}", self.first),
            false => write!(out, "{:03}-{:03}", self.first, self.last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // XXH3_64bits of the reference implementation (python xxhash 3.x: xxh3_64_intdigest), modulo 4096.
    #[test]
    fn buckets_never_change() {
        for (account, expected) in VECTORS {
            assert_eq!(bucket(account), *expected, "{account}");
        }
    }

    const VECTORS: &[(&str, u16)] = &[
        ("", 1_218),
        ("m-1", 3_430),
        ("417", 1_911),
        ("M0000001", 1_666),
        ("ada@example.com", 543),
        ("Ünïcode-Ж", 374),
        (
            "a-rather-long-account-identifier-that-is-more-than-sixteen-bytes",
            2_147,
        ),
    ];

    #[test]
    fn every_bucket_is_in_exactly_one_shard_and_shards_are_in_order() {
        for shards in [1_u16, 7, 64, 4_096] {
            let of = |bucket: u16| u32::from(bucket) * u32::from(shards) / u32::from(BUCKETS);
            assert_eq!(of(0), 0);
            assert_eq!(of(BUCKETS - 1), u32::from(shards) - 1);
            assert!((1..BUCKETS).all(|bucket| of(bucket) - of(bucket - 1) <= 1));
        }
    }

    #[test]
    fn ranges_cover_all_shards_once() {
        for (shards, parts) in [(64, 4), (7, 3), (5, 9), (1, 1)] {
            let all: Vec<u16> = ShardRange::split(shards, parts)
                .into_iter()
                .flat_map(ShardRange::shards)
                .collect();
            assert_eq!(all, (0..shards).collect::<Vec<_>>());
        }
    }
}
