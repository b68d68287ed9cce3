//! What a repeat did.

use crate::detect::seen::Outcome;
use crate::model::rows::{DuplicateClass, Harm};

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
