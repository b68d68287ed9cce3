//! Orders, and the accounts whose histories they are entries of.

use std::collections::VecDeque;

use hashbrown::HashMap;

use super::random::Random;
use super::stamp::Micros;

/// One order. Small enough to travel by value through queues and calls.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Order {
    pub(super) number: u32,
    pub(super) account: u16,
    /// Place in the account's history: given out without holes.
    pub(super) version: u32,
    pub(super) cents: u32,
    /// Paid later by the worker: it came through `POST /orders`.
    pub(super) queued: bool,
}

/// As many customers as the shop has. The first few are resellers, who order again and again.
const ACCOUNTS: u32 = 1_204;
const RESELLERS: u32 = 24;
/// One order in so many is a reseller's.
const RESOLD: u32 = 6;

/// Numbers orders and versions.
pub(super) struct Accounts {
    random: Random,
    next_order: u32,
    turn: u32,
    /// Version last given out, by account.
    versions: Vec<u32>,
}

impl Accounts {
    pub(super) fn new(mut random: Random) -> Self {
        Self {
            versions: (0..ACCOUNTS).map(|_| 1 + random.below(60) as u32).collect(),
            next_order: 40_000,
            turn: 0,
            random,
        }
    }

    /// A new order. Queued ones take turns among the accounts: nobody orders again while the last order is under way.
    pub(super) fn order(&mut self, queued: bool) -> Order {
        self.next_order += 1;
        let account = if queued {
            self.turn += 1;
            if self.turn.is_multiple_of(RESOLD) {
                self.turn / RESOLD % RESELLERS
            } else {
                RESELLERS + self.turn.wrapping_mul(37) % (ACCOUNTS - RESELLERS)
            }
        } else {
            self.random.below(u64::from(ACCOUNTS)) as u32
        };
        Order {
            number: self.next_order,
            account: account as u16,
            version: 0,
            cents: 490 + self.random.below(19_500) as u32,
            queued,
        }
    }

    /// Gives the next version of the order's account to it.
    pub(super) fn enter(&mut self, order: &mut Order) {
        let version = &mut self.versions[usize::from(order.account)];
        *version += 1;
        order.version = *version;
    }

    /// An earlier order of the same account, as it leaves the warehouse.
    pub(super) fn shipped(&mut self, order: &Order) -> Order {
        let mut earlier = Order {
            number: order.number - 11 - self.random.below(900) as u32,
            ..*order
        };
        self.enter(&mut earlier);
        earlier
    }
}

/// Keys seen in the last while: what a table with an expiry knows.
pub(super) struct Recent {
    /// How often, and when last.
    seen: HashMap<u64, (u32, Micros)>,
    order: VecDeque<(Micros, u64)>,
    keep: Micros,
}

impl Recent {
    pub(super) fn new(keep: Micros) -> Self {
        Self {
            seen: HashMap::new(),
            order: VecDeque::new(),
            keep,
        }
    }

    /// How often the key was added before, without adding it.
    pub(super) fn count(&self, key: u64) -> u32 {
        self.seen.get(&key).map_or(0, |&(count, _)| count)
    }

    /// Adds the key; tells how often it was there before.
    pub(super) fn add(&mut self, now: Micros, key: u64) -> u32 {
        while let Some(&(at, old)) = self.order.front()
            && at < now - self.keep
        {
            self.order.pop_front();
            if self.seen.get(&old).is_some_and(|&(_, last)| last == at) {
                self.seen.remove(&old);
            }
        }
        self.order.push_back((now, key));
        let (count, last) = self.seen.entry(key).or_insert((0, now));
        *last = now;
        *count += 1;
        *count - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_an_account_have_no_holes() {
        let mut accounts = Accounts::new(Random::new(3));
        let mut first = accounts.order(true);
        accounts.enter(&mut first);
        let second = accounts.shipped(&first);
        assert_eq!(second.account, first.account);
        assert_eq!(second.version, first.version + 1);
        assert!(second.number < first.number);
    }

    #[test]
    fn queued_orders_leave_each_account_a_while() {
        let mut accounts = Accounts::new(Random::new(3));
        let mut last = HashMap::new();
        for turn in 0..5_000 {
            let account = accounts.order(true).account;
            if let Some(before) = last.insert(account, turn) {
                assert!(turn - before >= 144, "{account} after {}", turn - before);
            }
        }
        assert_eq!(last.len(), 1_204);
    }

    #[test]
    fn recent_keys_are_forgotten_after_their_time() {
        let mut recent = Recent::new(100);
        assert_eq!(recent.add(0, 7), 0);
        assert_eq!(recent.add(50, 7), 1);
        assert_eq!(recent.add(500, 8), 0);
        assert_eq!(recent.count(7), 0);
    }
}
