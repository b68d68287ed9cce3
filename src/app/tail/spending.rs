//! What following costs, while it does: said again and again, and at the end.

use crate::model::health::Board;

/// Dollars from one word about money to the next.
const STEP: f64 = 0.10;

/// What was said of the money.
#[derive(Debug, Default)]
pub(super) struct Spending {
    /// How many steps were said.
    steps: u32,
}

impl Spending {
    /// Says each further ten cents, by list price.
    pub(super) fn tell(&mut self, board: &Board, notice: &impl Fn(&str)) {
        let steps = (board.money.spent_usd / STEP + 1e-6) as u32;
        if steps > self.steps {
            self.steps = steps;
            notice(&words(board));
        }
    }

    /// Says what it was, if it was anything.
    pub(super) fn end(board: &Board, notice: &impl Fn(&str)) {
        if board.money.spent_usd > 0.0 {
            notice(&words(board));
        }
    }
}

fn words(board: &Board) -> String {
    let money = &board.money;
    format!(
        "${:.2} so far by list price, at most ${:.2} an hour (--max-cost)",
        money.spent_usd, money.limit_usd_an_hour
    )
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn ten_cents_are_said_once() {
        let said = RefCell::new(Vec::new());
        let notice = |text: &str| said.borrow_mut().push(text.to_owned());
        let mut spending = Spending::default();
        let mut board = Board::default();
        board.money.limit_usd_an_hour = 0.25;
        for cents in 0..=21 {
            board.money.spent_usd = f64::from(cents) / 100.0;
            spending.tell(&board, &notice);
        }
        let said = said.into_inner();
        assert_eq!(said.len(), 2, "{said:?}");
        assert_eq!(
            said[1],
            "$0.20 so far by list price, at most $0.25 an hour (--max-cost)"
        );
    }
}
