//! What a repeat did.

use hashbrown::HashMap;

use crate::detect::seen::Outcome;
use crate::model::rows::{Duplicate, DuplicateClass, Harm};
use crate::model::symbols::Sym;

/// A consumer's idempotency check is known by so many repeats that it recognised, …
const RECOGNISED: usize = 20;
/// … which leave out at most one of so many of all that look harmful: what lost lines explain.
const SELDOM: usize = 10;

/// Harm of a repeat from how both runs ended.
///
/// Only two runs that succeeded are known to have had their effects twice. One that failed by itself had none; one that
/// was cut off, or whose end nobody saw, may have had them.
pub(super) fn harm(class: DuplicateClass, [first, repeat]: [Outcome; 2], recognised: bool) -> Harm {
    use DuplicateClass::{
        AsyncRetry, DlqRedriveSuspect, DurableReplay, OperatorReplay, RetryExpected, SfnRetry,
    };
    match (first, repeat) {
        _ if matches!(
            class,
            DlqRedriveSuspect | DurableReplay | OperatorReplay | SfnRetry
        ) =>
        {
            Harm::None
        }
        _ if recognised => Harm::Absorbed,
        // Called a retry although nothing says that the first run failed: its error line is taken to be lost.
        (Outcome::Done, _) if matches!(class, AsyncRetry | RetryExpected) => Harm::None,
        (Outcome::Failed, _) | (_, Outcome::Failed) => Harm::None,
        (Outcome::Done, Outcome::Done) => Harm::Double,
        _ => Harm::Possible,
    }
}

/// Where lines are missing: a consumer that wrote of nearly every repeat of a class that it recognised it may have done so of the rest, in
/// lines that were lost. Whether those took effect again is then not known.
pub(super) fn doubt(rows: &mut [Duplicate]) {
    let mut seen: HashMap<(Sym, DuplicateClass), [usize; 2]> = HashMap::new();
    for row in &*rows {
        let counts = seen.entry((row.consumer, row.class)).or_default();
        match row.harm {
            Harm::Absorbed => counts[0] += 1,
            Harm::Double => counts[1] += 1,
            Harm::None | Harm::Possible => {}
        }
    }
    for row in rows.iter_mut().filter(|row| row.harm == Harm::Double) {
        let [absorbed, double] = seen[&(row.consumer, row.class)];
        if absorbed >= RECOGNISED && double * SELDOM <= absorbed + double {
            row.harm = Harm::Possible;
        }
    }
}
