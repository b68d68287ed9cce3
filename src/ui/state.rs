//! What stands where the first row would be when there is none: every pane says why it is empty.

use crate::model::health::Health;
use crate::model::rows::FunctionFigures;
use crate::store::scene::Scene;

use super::figures;
use super::text::Text;
use super::theme::Role;

mod coming;

use coming::Coming;

/// Below this share of invocations with an event id, nothing can be said of repeats and order.
pub const BLIND: f64 = 0.2;

/// Why nothing can be shown yet, if that is so: what would bring it fails, only metrics tell of it, or it is still read.
pub fn waiting(scene: &Scene) -> Option<Text> {
    if scene.analysis.window.is_some() {
        return None;
    }
    let coming = Coming::of(scene);
    Some(match (coming.failing(), metered(scene)) {
        (Some(trouble), Some(metered)) => trouble.and(Role::Text, " · ").then(metered),
        (Some(words), None) | (None, Some(words)) => words,
        (None, None) => coming.reading(),
    })
}

/// What metrics alone tell.
fn metered(scene: &Scene) -> Option<Text> {
    let analysis = &scene.analysis;
    if analysis.metered.is_empty() {
        return None;
    }
    let words = format!(
        "no log tells of a run yet: CloudWatch metrics alone count {} of {} · 1 shows them",
        figures::number_of(analysis.metered_runs(), "runs"),
        figures::number_of(analysis.metered.len() as u64, "functions")
    );
    Some(Text::of(Role::Unknown, &words))
}

/// What is wrong with a source, in its own words.
pub fn trouble(source: &Health) -> Text {
    let words = match (&source.trouble, &source.lacks) {
        (Some(words), _) => words.to_string(),
        (None, Some(right)) => {
            let on = right.resource.as_deref();
            let on = on.map_or_else(String::new, |resource| format!(" on {resource}"));
            format!(
                "not seen: {} denied{on} · add that action to the role",
                right.action
            )
        }
        (None, None) => format!("{}: {} · 8 shows the sources", source.name, source.state),
    };
    Text::of(Role::Error, &words)
}

/// Nothing of order or repeats can be said, since nearly no run names its events; `None` where they do.
pub fn blind(scene: &Scene) -> Option<Text> {
    let functions = &scene.analysis.functions;
    let names_ids = |share: Option<f64>| share.is_some_and(|share| share >= BLIND);
    if functions.is_empty() || functions.iter().any(|one| names_ids(one.id_coverage)) {
        return None;
    }
    Some(Text::of(Role::Unknown, "blind").and(
        Role::Text,
        ": no event ids in the logs, so repeats and order cannot be known · 4 shows the line that logs them",
    ))
}

/// What was read so far, while there is more: before that nothing can be said of all.
fn reading_up(scene: &Scene) -> Option<Text> {
    let functions = &scene.analysis.functions;
    let runs = FunctionFigures::runs_of(functions, |function| function.invocations);
    let words = || {
        format!(
            "still reading: {} so far, {} of {}",
            Coming::of(scene).read(),
            figures::number_or_unknown(runs, "invocations"),
            window(scene)
        )
    };
    scene.is_reading_up().then(|| Text::of(Role::Dim, &words()))
}

/// Empty and all well, or the reason why that cannot be said.
pub fn all_well(scene: &Scene) -> Text {
    let functions = &scene.analysis.functions;
    let runs = FunctionFigures::runs_of(functions, |function| function.invocations);
    let base = figures::number_or_unknown(runs, "invocations");
    none_of(scene, "nothing wrong", &base)
}

/// Nothing of one kind was seen: `nothing refused in 30 min: 84,210 tries, complete to 14:09:52`.
pub fn none_of(scene: &Scene, what: &str, base: &str) -> Text {
    let not_yet = waiting(scene).or_else(|| reading_up(scene));
    not_yet.unwrap_or_else(|| {
        let of = format!(" in {}: {base}{}", window(scene), complete(scene));
        let said = Text::of(Role::Ok, what).and(Role::Text, &of);
        match Coming::of(scene).unseen() {
            Some(unseen) => said
                .and(Role::Text, " · ")
                .and(Role::Unknown, &unseen)
                .and(Role::Text, ": 8 says why"),
            None => said,
        }
    })
}

/// Length of the window: `30 min`, `2h14m`.
pub fn window(scene: &Scene) -> String {
    scene.analysis.window.map_or_else(
        || figures::UNKNOWN.to_owned(),
        |(from, to)| {
            let minutes = (to.since(from) + 59_999) / 60_000;
            if minutes < 120 {
                format!("{} min", minutes.max(1))
            } else {
                figures::duration(to.since(from) as f64)
            }
        },
    )
}

fn complete(scene: &Scene) -> String {
    let until = scene.complete_to();
    until.map_or_else(String::new, |until| {
        format!(", complete to {}", figures::clock(until))
    })
}
