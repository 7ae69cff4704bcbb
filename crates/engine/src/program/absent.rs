//! What stands at the place of something that a version does not have: it is taken from one that has it, and does
//! nothing.

use super::{
    ByRung, Dataset, Earn, EarnKind, Expiry, Metric, MetricKind, Pool, Reward, Rung, Surprise,
    Wallet,
};
use crate::calendar::{Day, Per};
use crate::finding::Place;
use crate::number::Rational;

pub(super) fn no_dataset(dataset: Dataset) -> Dataset {
    Dataset {
        absent: true,
        ..dataset
    }
}

pub(super) fn no_wallet(wallet: Wallet) -> Wallet {
    Wallet {
        absent: true,
        pending: None,
        expiry: Expiry::Never,
        restarts_up: false,
        restarts_down: false,
        ..wallet
    }
}

pub(super) fn no_earn(earn: Earn) -> Earn {
    Earn {
        absent: true,
        when: None,
        from: Some(Day::MIN),
        before: Some(Day::MIN),
        caps: Vec::new(),
        group: None,
        per_line: false,
        kind: EarnKind::PerEvent {
            points: ByRung(vec![Rational::whole(0)]),
        },
        expiry: None,
        ..earn
    }
}

pub(super) fn no_metric(metric: Metric) -> Metric {
    Metric {
        absent: true,
        kind: MetricKind::Events,
        on: None,
        when: None,
        of: None,
        rules: None,
        ..metric
    }
}

/// Every place is some version's, so this is for no place at all.
pub(super) fn nothing_measured() -> Metric {
    Metric {
        absent: true,
        id: String::new(),
        place: Place::default(),
        kind: MetricKind::Events,
        on: None,
        when: None,
        of: None,
        window: Some(Per::Lifetime),
        pool: Pool::Account,
        wallet: 0,
        rules: None,
        den: 1,
    }
}

pub(super) fn no_reward(reward: Reward) -> Reward {
    Reward {
        absent: true,
        price: None,
        on: None,
        when: None,
        caps: Vec::new(),
        ..reward
    }
}

pub(super) fn no_surprise(surprise: Surprise) -> Surprise {
    let mut surprise = surprise;
    surprise.absent = true;
    surprise.schedule.before = Some(Day::MIN);
    surprise
}

pub(super) fn no_rung(rung: Rung) -> Rung {
    Rung {
        absent: true,
        reach: Vec::new(),
        keep: Vec::new(),
        benefits: Vec::new(),
        expiry: None,
        ..rung
    }
}
