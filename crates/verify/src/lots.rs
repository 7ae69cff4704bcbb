//! Lots: a plain list, looked through each time.

use rungs_engine::calendar::Instant;
use rungs_engine::ledger::EventRef;

/// Points of one grant.
#[derive(Debug, Clone)]
pub(crate) struct Lot {
    /// The event that granted it.
    pub(crate) id: EventRef,
    pub(crate) granted: Instant,
    pub(crate) expires: Option<Instant>,
    /// When what is pending is released, if no event does it before.
    pub(crate) release: Instant,
    pub(crate) pending: i64,
    pub(crate) open: i64,
}

impl Lot {
    /// Earliest expiry first, never last, then by grant, then by source and id.
    fn turn(&self) -> (bool, Option<Instant>, Instant, &EventRef) {
        (self.expires.is_none(), self.expires, self.granted, &self.id)
    }
}

/// The lots of an account that are not used up, and what it owes.
#[derive(Debug, Default)]
pub(crate) struct Lots {
    alive: Vec<Lot>,
    pub(crate) debt: i64,
}

/// The points of one wallet.
#[derive(Debug, Default)]
pub(crate) struct Purse {
    pub(crate) lots: Lots,
    /// When something last kept its points alive, where inactivity ends them.
    pub(crate) alive_since: Option<Instant>,
}

/// A lot as entries name it: the event that granted it, and its end.
pub(crate) type LotName = (EventRef, Option<Instant>);

/// What came from one lot.
pub(crate) struct Taken {
    pub(crate) lot: EventRef,
    pub(crate) points: i64,
    /// When the lot was granted.
    pub(crate) granted: Instant,
    /// When it ends.
    pub(crate) expires: Option<Instant>,
}

impl Taken {
    pub(crate) fn named(&self) -> LotName {
        (self.lot.clone(), self.expires)
    }
}

/// From which lots a refund takes, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Own,
    OthersPending,
    OthersOpen,
}

impl Lots {
    pub(crate) fn open(&self) -> i64 {
        self.alive.iter().map(|lot| lot.open).sum()
    }

    pub(crate) fn pending(&self) -> i64 {
        self.alive.iter().map(|lot| lot.pending).sum()
    }

    /// When the oldest points came that are left.
    pub(crate) fn oldest(&self) -> Option<Instant> {
        let left = self.alive.iter().filter(|lot| lot.pending + lot.open > 0);
        left.map(|lot| lot.granted).min()
    }

    pub(crate) fn add(&mut self, lot: Lot) {
        self.alive.push(lot);
    }

    /// Puts open points back: into their lot if it is still there, with the same end.
    pub(crate) fn put_back(&mut self, lot: Lot) {
        let same = |known: &&mut Lot| {
            known.id == lot.id && known.expires == lot.expires && known.pending == 0
        };
        match self.alive.iter_mut().find(same) {
            Some(known) => known.open += lot.open,
            None => self.alive.push(lot),
        }
        self.forget();
    }

    /// Adds points of an event that come late: they wait with what waits of its points. Gives how many paid debt, or
    /// nothing where they wait.
    pub(crate) fn add_late(&mut self, late: Lot) -> Option<i64> {
        let of_event = self.alive.iter_mut().filter(|lot| lot.id == late.id);
        let mut waiting: Vec<&mut Lot> = of_event.filter(|lot| lot.pending > 0).collect();
        if let Some(first) = waiting.first() {
            let release = first.release;
            match waiting.iter_mut().find(|lot| lot.expires == late.expires) {
                Some(lot) => lot.pending += late.open,
                None => self.alive.push(Lot {
                    release,
                    pending: late.open,
                    open: 0,
                    ..late
                }),
            }
            return None;
        }
        let repaid = late.open.min(self.debt);
        self.debt -= repaid;
        self.put_back(Lot {
            open: late.open - repaid,
            ..late
        });
        Some(repaid)
    }

    /// The next instant at which a lot ends.
    pub(crate) fn next_expiry(&self) -> Option<Instant> {
        self.alive.iter().filter_map(|lot| lot.expires).min()
    }

    /// The next instant at which a lot is released.
    pub(crate) fn next_release(&self) -> Option<Instant> {
        self.alive
            .iter()
            .filter(|lot| lot.pending > 0)
            .map(|lot| lot.release)
            .filter(|release| *release != Instant::MAX)
            .min()
    }

    /// Ends the lots whose life is over at `at`.
    pub(crate) fn expire(&mut self, at: Instant) -> Vec<Taken> {
        let mut ended = Vec::new();
        self.alive.retain(|lot| {
            let over = lot.expires.is_some_and(|expires| expires <= at);
            if over && lot.pending + lot.open > 0 {
                ended.push(Taken {
                    lot: lot.id.clone(),
                    points: lot.pending + lot.open,
                    granted: lot.granted,
                    expires: lot.expires,
                });
            }
            !over
        });
        ended
    }

    /// Gives open points that end after `at` another end. Returns what had which end before.
    pub(crate) fn renew(&mut self, at: Instant, end: Option<Instant>) -> Vec<Taken> {
        let (mut others, mut renewed) = (Vec::new(), Vec::new());
        for lot in std::mem::take(&mut self.alive) {
            let over = lot.expires.is_some_and(|expires| expires <= at);
            if over || lot.open == 0 || lot.pending > 0 || lot.expires == end {
                others.push(lot);
            } else {
                renewed.push(lot);
            }
        }
        self.alive = others;
        renewed.sort_by(|a, b| a.turn().cmp(&b.turn()));
        let mut told = Vec::new();
        for lot in renewed {
            told.push(Taken {
                lot: lot.id.clone(),
                points: lot.open,
                granted: lot.granted,
                expires: lot.expires,
            });
            self.put_back(Lot {
                expires: end,
                ..lot
            });
        }
        told
    }

    /// Gives every lot away, in the order of consumption.
    pub(crate) fn give_all(&mut self) -> Vec<Lot> {
        let mut all = std::mem::take(&mut self.alive);
        all.retain(|lot| lot.pending + lot.open > 0);
        all.sort_by(|a, b| a.turn().cmp(&b.turn()));
        all
    }

    /// Points that were of a lot of another wallet come at an instant: to the lot of the same name if there is one, and
    /// then they wait only if that does; where nothing is held back, not to one that waits. Says whether they wait.
    pub(crate) fn join(&mut self, at: Instant, other: &Lot, points: i64, holds_back: bool) -> bool {
        self.alive.sort_by(|a, b| a.turn().cmp(&b.turn()));
        let name = (&other.id, other.expires);
        let same = |lot: &&mut Lot| {
            let waits = if holds_back { lot.pending } else { 0 };
            (&lot.id, lot.expires) == name && waits + lot.open > 0
        };
        if let Some(lot) = self.alive.iter_mut().find(same) {
            let waits = lot.pending > 0;
            let part = if waits {
                &mut lot.pending
            } else {
                &mut lot.open
            };
            *part += points;
            return waits;
        }
        let waits = other.pending > 0;
        self.alive.push(Lot {
            id: other.id.clone(),
            granted: at,
            expires: other.expires,
            release: other.release,
            pending: if waits { points } else { 0 },
            open: if waits { 0 } else { points },
        });
        waits
    }

    /// The lots of which something can be spent, in the order of consumption.
    pub(crate) fn names_of_open(&mut self) -> Vec<LotName> {
        self.alive.sort_by(|a, b| a.turn().cmp(&b.turn()));
        let open = self.alive.iter().filter(|lot| lot.open > 0);
        open.map(|lot| (lot.id.clone(), lot.expires)).collect()
    }

    /// Ends every lot, whatever its own life.
    pub(crate) fn end_all(&mut self) -> Vec<(LotName, i64)> {
        let all = std::mem::take(&mut self.alive).into_iter();
        all.map(|lot| ((lot.id, lot.expires), lot.pending + lot.open))
            .filter(|(_, points)| *points > 0)
            .collect()
    }

    /// Opens the lots whose hold is over at `at`, in the order of consumption, and pays debt with each.
    /// Returns what each lot released and what of it went to the debt.
    pub(crate) fn release(&mut self, due: impl Fn(&Lot) -> bool) -> Vec<(Taken, i64)> {
        let mut due: Vec<usize> = (0..self.alive.len())
            .filter(|index| self.alive[*index].pending > 0 && due(&self.alive[*index]))
            .collect();
        due.sort_by(|a, b| self.alive[*a].turn().cmp(&self.alive[*b].turn()));
        let mut released = Vec::new();
        for index in due {
            let points = self.alive[index].pending;
            self.alive[index].pending = 0;
            self.alive[index].open += points;
            let (lot, granted) = (self.alive[index].id.clone(), self.alive[index].granted);
            let expires = self.alive[index].expires;
            let repaid = self.repay(&(lot.clone(), expires));
            let taken = Taken {
                lot,
                points,
                granted,
                expires,
            };
            released.push((taken, repaid));
        }
        self.forget();
        released
    }

    /// Pays debt from the open points of a lot; returns how much.
    pub(crate) fn repay(&mut self, lot: &LotName) -> i64 {
        let debt = self.debt;
        let named = |one: &&mut Lot| one.id == lot.0 && one.expires == lot.1 && one.open > 0;
        let Some(lot) = self.alive.iter_mut().find(named) else {
            return 0;
        };
        let repaid = lot.open.min(debt);
        lot.open -= repaid;
        self.debt -= repaid;
        repaid
    }

    /// Takes points from open lots in the order of consumption. Returns what came from where; what is
    /// missing to `points` no lot could give.
    pub(crate) fn consume(&mut self, points: i64) -> Vec<Taken> {
        let mut taken = Vec::new();
        self.take(From::OthersOpen, None, points, &mut taken);
        self.forget();
        taken
    }

    /// Takes back points that `own` granted: from that lot, then other pending ones, then other open ones.
    pub(crate) fn reverse(&mut self, own: &EventRef, points: i64) -> Vec<Taken> {
        let mut taken = Vec::new();
        let mut left = points;
        for from in [From::Own, From::OthersPending, From::OthersOpen] {
            left = self.take(from, Some(own), left, &mut taken);
        }
        self.forget();
        taken
    }

    /// Takes up to `points` and returns what is still wanted.
    fn take(
        &mut self,
        from: From,
        own: Option<&EventRef>,
        points: i64,
        taken: &mut Vec<Taken>,
    ) -> i64 {
        let mut order: Vec<usize> = (0..self.alive.len())
            .filter(|index| {
                let is_own = own == Some(&self.alive[*index].id);
                is_own == (from == From::Own)
            })
            .collect();
        order.sort_by(|a, b| self.alive[*a].turn().cmp(&self.alive[*b].turn()));
        let mut left = points;
        for index in order {
            if left <= 0 {
                break;
            }
            let lot = &mut self.alive[index];
            let before = left;
            if from != From::OthersOpen {
                let part = lot.pending.min(left);
                lot.pending -= part;
                left -= part;
            }
            if from != From::OthersPending {
                let part = lot.open.min(left);
                lot.open -= part;
                left -= part;
            }
            if left < before {
                taken.push(Taken {
                    lot: lot.id.clone(),
                    points: before - left,
                    granted: lot.granted,
                    expires: lot.expires,
                });
            }
        }
        left
    }

    pub(crate) fn forget(&mut self) {
        self.alive.retain(|lot| lot.pending + lot.open > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rungs_engine::event::EventId;

    fn lot(id: i64, granted: i64, expires: Option<i64>, pending: i64, open: i64) -> Lot {
        Lot {
            id: (0, EventId::Number(id)),
            granted,
            expires,
            release: granted + 10,
            pending,
            open,
        }
    }

    fn ids(taken: &[Taken]) -> Vec<(i64, i64)> {
        taken
            .iter()
            .map(|part| match part.lot.1 {
                EventId::Number(id) => (id, part.points),
                EventId::Text(_) => (-1, part.points),
            })
            .collect()
    }

    #[test]
    fn points_are_used_by_expiry_then_grant_then_id_and_never_last() {
        let mut lots = Lots::default();
        lots.add(lot(1, 0, None, 0, 10));
        lots.add(lot(4, 5, Some(100), 0, 10));
        lots.add(lot(3, 5, Some(100), 0, 10));
        lots.add(lot(2, 9, Some(50), 0, 10));
        lots.add(lot(5, 1, Some(100), 0, 10));
        assert_eq!(
            ids(&lots.consume(45)),
            [(2, 10), (5, 10), (3, 10), (4, 10), (1, 5)]
        );
        assert_eq!(lots.open(), 5);
    }

    #[test]
    fn pending_points_cannot_be_used() {
        let mut lots = Lots::default();
        lots.add(lot(1, 0, Some(50), 7, 0));
        lots.add(lot(2, 0, Some(90), 0, 3));
        assert_eq!(ids(&lots.consume(8)), [(2, 3)]);
        assert_eq!((lots.open(), lots.pending()), (0, 7));
    }

    #[test]
    fn a_refund_takes_its_own_lot_then_pending_ones_then_open_ones() {
        let mut lots = Lots::default();
        lots.add(lot(1, 0, Some(10), 0, 4));
        lots.add(lot(2, 1, Some(20), 0, 4));
        lots.add(lot(3, 2, Some(30), 5, 0));
        lots.add(lot(4, 3, Some(40), 5, 0));
        let taken = lots.reverse(&(0, EventId::Number(2)), 20);
        assert_eq!(ids(&taken), [(2, 4), (3, 5), (4, 5), (1, 4)]);
    }

    #[test]
    fn debt_is_paid_when_points_are_released() {
        let mut lots = Lots {
            debt: 6,
            ..Lots::default()
        };
        lots.add(lot(1, 0, None, 4, 0));
        lots.add(lot(2, 0, None, 4, 0));
        let released = lots.release(|lot| lot.release <= 10);
        let repaid: Vec<i64> = released.iter().map(|(_, repaid)| *repaid).collect();
        assert_eq!(repaid, [4, 2]);
        assert_eq!((lots.debt, lots.open(), lots.pending()), (0, 2, 0));
    }
}
