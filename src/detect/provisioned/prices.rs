//! List prices, in dollars for a gigabyte-second.

/// What Lambda charges for memory and time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prices {
    /// Runs on demand, and their inits.
    pub on_demand: f64,
    /// Keeping an environment ready.
    pub provisioned: f64,
    /// Runs in an environment that is kept ready.
    pub provisioned_duration: f64,
}

impl Prices {
    /// us-east-1, x86, first tier.
    pub const LIST: Self = Self {
        on_demand: 16.6667e-6,
        provisioned: 4.1667e-6,
        provisioned_duration: 9.7222e-6,
    };

    /// Share of its time that a slot must be used for, to cost no more than runs on demand.
    pub fn break_even(self) -> f64 {
        self.provisioned / (self.on_demand - self.provisioned_duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_pays_from_sixty_percent_use() {
        assert!((Prices::LIST.break_even() - 0.6).abs() < 1e-4);
    }
}
