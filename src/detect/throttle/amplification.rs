//! Retry storms: how many tries one call costs.

/// Tries per logical operation, where both are known; `None` without operations.
pub fn amplification(tries: u64, operations: u64) -> Option<f64> {
    (operations > 0).then(|| tries as f64 / operations as f64)
}

/// At least so many tries per operation, where operations cannot be told apart: `1 + refused / (tries − refused)`;
/// `None` if every try was refused.
pub fn at_least(tries: u64, refused: u64) -> Option<f64> {
    let done = tries.checked_sub(refused).filter(|&done| done > 0)?;
    Some(1.0 + refused as f64 / done as f64)
}

/// Tries that reach the last of `layers` when each layer tries `tries` times: `tries^layers`.
pub fn through_layers(tries: u32, layers: u32) -> u64 {
    u64::from(tries).saturating_pow(layers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_multiply() {
        assert_eq!(through_layers(3, 5), 243);
        assert_eq!(through_layers(4, 3), 64);
        assert_eq!(through_layers(10, 30), u64::MAX);
    }

    #[test]
    fn unknown_operations_give_a_lower_bound_or_nothing() {
        // 60 of 100 refused: the 40 that got through stand for at most 40 operations, 1 + 60/40 tries each.
        assert_eq!(at_least(100, 60), Some(2.5));
        assert_eq!(at_least(60, 60), None);
        assert_eq!(amplification(660, 300), Some(2.2));
        assert_eq!(amplification(0, 0), None);
    }
}
