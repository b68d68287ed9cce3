//! Correlation ids: what two share links them, what others share too does not.

use super::linked;
use crate::correlate::testing::World;
use crate::model::fact::AppFact;
use crate::model::rows::LinkTier;

/// Runs that log a correlation id: (function, request, start, value).
fn correlated(runs: &[(&str, u8, i64, &str)]) -> Vec<(u8, u8, LinkTier)> {
    let mut world = World::default();
    for &(function, request, ms, value) in runs {
        let env = world.env(function, &format!("{request:04}"));
        world.run(env, ms, request, 100);
        let pair = (world.sym("correlation_id"), world.sym(value));
        let app = AppFact {
            correlation: vec![pair],
            ..AppFact::default()
        };
        world.app(env, ms + 10, app);
    }
    linked(&mut world.facts())
}

#[test]
fn a_correlation_id_links_the_two_that_share_it() {
    let found = correlated(&[
        ("api", 1, 0, "c-1"),
        ("worker", 2, 500, "c-1"),
        ("api", 3, 900, "c-2"),
    ]);
    assert_eq!(found, [(1, 2, LinkTier::CorrelationId)]);
}

#[test]
fn three_that_share_a_correlation_id_are_not_linked_and_neither_are_two_of_such_three() {
    // c-2 lost the line of api: worker and mailer are siblings as in c-1.
    let found = correlated(&[
        ("api", 1, 0, "c-1"),
        ("worker", 2, 500, "c-1"),
        ("mailer", 3, 600, "c-1"),
        ("worker", 4, 1_500, "c-2"),
        ("mailer", 5, 1_600, "c-2"),
    ]);
    assert_eq!(found, []);
}

#[test]
fn the_parent_is_the_function_that_usually_starts_first() {
    // In c-3 the clock of api's host runs ahead.
    let found = correlated(&[
        ("api", 1, 0, "c-1"),
        ("worker", 2, 20, "c-1"),
        ("api", 3, 1_000, "c-2"),
        ("worker", 4, 1_020, "c-2"),
        ("worker", 6, 2_000, "c-3"),
        ("api", 5, 2_010, "c-3"),
    ]);
    let tier = LinkTier::CorrelationId;
    assert_eq!(found, [(1, 2, tier), (3, 4, tier), (5, 6, tier)]);
}

#[test]
fn a_field_whose_values_live_for_hours_names_tenants() {
    // t-1 and t-2 come back after an hour, so that t-3, seen twice within a second, is a tenant too.
    let hour = 3_600_000;
    let found = correlated(&[
        ("api", 1, 0, "t-1"),
        ("worker", 2, 100, "t-2"),
        ("api", 3, 200, "t-3"),
        ("worker", 4, 300, "t-3"),
        ("api", 5, hour, "t-2"),
        ("api", 6, hour + 1, "t-1"),
        ("worker", 7, hour + 2, "t-2"),
        ("worker", 8, hour + 3, "t-1"),
        ("api", 9, 2 * hour, "t-2"),
    ]);
    assert_eq!(found, []);
}
