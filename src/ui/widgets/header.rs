//! Row 1: where the data comes from, how complete it is, what is wrong.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::finding::Severity;
use crate::model::health::{Health, Progress, SourceState};
use crate::model::placed;
use crate::model::record::GapReason;
use crate::model::time::Timestamp;
use crate::store::scene::{Mode, Scene};
use crate::ui::figures;
use crate::ui::text::Text;
use crate::ui::theme::{Look, Role};
use crate::ui::zone::Zone;

/// Log events since the picture was held, and the stretch of the past that is looked at.
pub type Looked = (Option<u64>, Option<(Timestamp, Timestamp)>);

/// Lag from which on it is said.
const LAG_SHOWN_MS: i64 = 1_000;

/// Draws it. Short of room, parts go in the order: lag, product, start of the window, place, window, mode and quota; never
/// completeness and severities.
pub fn place(scene: &Scene, looked: Looked, area: Rect, buffer: &mut Buffer, look: &Look) {
    let mut text = Text::default();
    for short in 0..=6 {
        text = line(scene, looked, short, usize::from(area.width));
        if text.width() <= usize::from(area.width) {
            break;
        }
    }
    text.place(buffer, (area.x, area.y), area.width, look);
}

/// The line with as many parts left out as `short` says, mode and what follows it at the right.
fn line(scene: &Scene, looked: Looked, short: usize, width: usize) -> Text {
    let bar = |text: Text| {
        if text.is_empty() {
            text
        } else {
            text.and(Role::Dim, " │ ")
        }
    };
    let mut left = Text::new(" ");
    if short < 2 {
        left = left.and(Role::Strong, "nepho  ");
    }
    if short < 4 {
        left = left
            .and(Role::Text, &scene.place)
            .and(Role::Text, &functions(scene, short < 2));
    }
    if let Some(window) = scene.analysis.window.filter(|_| short < 5) {
        left = if short < 4 { bar(left) } else { left };
        left = left.and(Role::Text, &self::window(window, short < 3));
    }
    let right = if short < 6 {
        state(scene, looked)
    } else {
        Text::default()
    };
    let right = bar(right).then(complete(scene, short < 1, short < 2));
    let right = match api(scene).filter(|_| short < 6) {
        Some(api) => bar(right).then(api),
        None => right,
    };
    let right = bar(right).then(severities(scene)).and(Role::Text, " ");
    let blank = width.saturating_sub(left.width() + right.width()).max(1);
    left.and(Role::Text, &" ".repeat(blank)).then(right)
}

fn functions(scene: &Scene, unit: bool) -> String {
    let seen = scene.analysis.function_names().count();
    let known = scene.analysis.facts.functions.len().max(seen);
    let unit = if unit { " fn" } else { "" };
    match known {
        0 => String::new(),
        _ if known == seen => format!(" {known}{unit}"),
        _ => format!(" {seen}/{known}{unit}"),
    }
}

fn window((from, to): (Timestamp, Timestamp), whole: bool) -> String {
    let length = figures::age(to.since(from));
    let zone = Zone::current();
    if whole {
        format!(
            "{length} {}–{} {zone}",
            figures::clock_minute(from),
            figures::clock_minute(to)
        )
    } else {
        format!("{length} {zone}")
    }
}

fn state(scene: &Scene, (unseen, away): Looked) -> Text {
    if let (None, Some((from, until))) = (unseen, away) {
        let words = format!(
            "◄ {}–{}",
            figures::clock_minute(from),
            figures::clock_minute(until)
        );
        return Text::of(Role::Focus, &words);
    }
    match (unseen, scene.mode) {
        (Some(unseen), _) => Text::of(Role::Focus, &format!("‖ held +{}", figures::count(unseen))),
        (None, Mode::Live) => Text::new("► live"),
        (None, Mode::File) => match progress(scene) {
            None => Text::new("■ file"),
            Some(Progress::Percent(share)) => Text::of(Role::Focus, &format!("■ file {share} %")),
            Some(Progress::Megabytes(read)) => Text::of(Role::Focus, &format!("■ file {read} MB")),
        },
        (None, Mode::Demo { speed }) => Text::new(&format!("► demo {speed}×")),
    }
}

fn complete(scene: &Scene, lag: bool, long: bool) -> Text {
    let sources = scene.board.sources.values();
    let mut logged_out = sources
        .clone()
        .filter(|source| source.state == SourceState::LoggedOut);
    // One of several places without a login is named beside them.
    let of_all = |source: &Health| {
        placed::place(&source.name).is_none()
            || (sources.clone().filter(|source| reads_logs(source)))
                .all(|source| is_lost(source.state))
    };
    if logged_out.any(of_all) {
        return Text::of(Role::Error, "login expired");
    }
    let open = scene.board.open_gaps().map(|gap| (gap.from, gap.to));
    if let Some((from, to)) = open.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) {
        return Text::of(Role::P2, &format!("gap {}", stretch(from, to)));
    }
    let Some(until) = scene.complete_to() else {
        return Text::of(Role::Unknown, "complete to ?").then(unseen_places(scene));
    };
    // What a file says of a moment is whole once the file is read to its end, and not before.
    let word = match (progress(scene), long) {
        (Some(_), _) => "partial to",
        (None, true) => "complete to",
        (None, false) => "to",
    };
    let mut words = format!("{word} {}", figures::clock(until));
    let behind = scene.now.since(until);
    if lag && scene.mode != Mode::File && behind >= LAG_SHOWN_MS {
        words.push_str(&format!(", lag {}", figures::duration(behind as f64)));
    }
    let blind = sources.filter(|source| unseen_source(source.state)).count();
    let role = if progress(scene).is_some() {
        Role::Unknown
    } else {
        Role::Text
    };
    let mut text = Text::of(role, &words).then(unseen_places(scene));
    if blind > 0 {
        text = text.and(Role::Unknown, &format!(" ?{blind}"));
    }
    match lost(scene) {
        Some((from, to)) => text.and(Role::P2, &format!(" gap {}", stretch(from, to))),
        None => text,
    }
}

/// What was not seen of the window and will not be; where a right is missing, the source counts as unseen instead.
fn lost(scene: &Scene) -> Option<(Timestamp, Timestamp)> {
    let (begin, _) = scene.analysis.window?;
    let gaps = scene.analysis.facts.gaps.iter();
    gaps.filter(|gap| gap.why != GapReason::Denied && gap.to > begin)
        .map(|gap| (gap.from, gap.to))
        .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// `12:01–12:02`; with seconds where that would be one minute.
fn stretch(from: Timestamp, to: Timestamp) -> String {
    let tell = if from.minute() == to.minute() {
        figures::clock
    } else {
        figures::clock_minute
    };
    format!("{}–{}", tell(from), tell(to))
}

/// How much of a file is read that is not read to its end.
fn progress(scene: &Scene) -> Option<Progress> {
    scene
        .board
        .sources
        .values()
        .find_map(|source| source.progress)
}

/// ` !us-east-1`: a place without a figure on the screen.
fn unseen_places(scene: &Scene) -> Text {
    let places = lost_places(scene);
    match (places.len(), places.first()) {
        (0, _) | (_, None) => Text::default(),
        (1, Some(place)) => Text::of(Role::Error, &format!(" !{place}")),
        (many, _) => Text::of(Role::Error, &format!(" !{many} places")),
    }
}

/// The places, of several, of which nothing can be seen: no credentials, an unknown region, no rights.
fn lost_places(scene: &Scene) -> BTreeSet<&str> {
    let readers = || {
        scene
            .board
            .sources
            .values()
            .filter(|source| reads_logs(source))
    };
    let lost = readers().filter(|source| is_lost(source.state));
    let mut places: BTreeSet<&str> = lost
        .filter_map(|source| placed::place(&source.name))
        .collect();
    if places.is_empty() {
        return places;
    }
    for source in readers().filter(|source| !is_lost(source.state)) {
        places.remove(placed::place(&source.name).unwrap_or_default());
    }
    places
}

/// Whether it finds or reads log lines: without them nothing is seen of a place.
fn reads_logs(source: &Health) -> bool {
    source.is_log() || source.finds_logs()
}

fn is_lost(state: SourceState) -> bool {
    unseen_source(state) || state == SourceState::LoggedOut
}

/// Whether what a source would give is missing from the figures.
fn unseen_source(state: SourceState) -> bool {
    matches!(state, SourceState::Denied | SourceState::Broken)
}

/// Share of the tightest quota.
fn api(scene: &Scene) -> Option<Text> {
    let shares = scene.board.calls.values().filter_map(|calls| {
        calls
            .quota_per_second
            .filter(|quota| *quota > 0.0)
            .map(|quota| calls.per_second / quota)
    });
    let share = shares.fold(None, |most: Option<f64>, share| {
        Some(most.map_or(share, |most| most.max(share)))
    })?;
    let role = match share {
        1.0.. => Role::Error,
        0.8.. => Role::P2,
        _ => Role::Text,
    };
    Some(Text::of(role, &format!("API {:.0} %", share * 100.0)))
}

fn severities(scene: &Scene) -> Text {
    let count = |severity: Severity| {
        scene
            .analysis
            .findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let marks = [
        ("▲", Severity::P1, Role::P1),
        ("△", Severity::P2, Role::P2),
        ("○", Severity::P3, Role::P3),
    ];
    let mut text = Text::default();
    for (glyph, severity, role) in marks {
        let count = count(severity);
        let role = if count == 0 { Role::Dim } else { role };
        if !text.is_empty() {
            text = text.and(Role::Text, " ");
        }
        text = text.and(role, &format!("{glyph}{count}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::analysis::Analysis;
    use crate::model::facts::SeenGap;
    use crate::model::health::Board;
    use crate::model::record::Gap;

    /// One minute from 12:01 on.
    const FROM: Timestamp = Timestamp(43_260_000);

    fn complete_to(minute: i64) -> Scene {
        let mut scene = Scene::empty(Mode::Live, "dev", FROM.plus_ms(minute * 60_000));
        let mut analysis = Analysis::default();
        Arc::make_mut(&mut analysis.facts).watermark = Some(scene.now);
        analysis.window = Some((FROM.plus_ms(-60_000), scene.now));
        scene.analysis = Arc::new(analysis);
        scene
    }

    #[test]
    fn a_stretch_that_is_not_seen_for_now_stands_instead_of_what_is_complete() {
        let mut scene = complete_to(4);
        let gap = Gap {
            group: "/aws/lambda/pay".into(),
            from: FROM,
            to: FROM.plus_ms(60_000),
            why: GapReason::Throttled,
        };
        let health = Health {
            name: "logs /aws/lambda/pay".into(),
            unseen: Some(gap),
            ..Health::default()
        };
        let mut board = Board::default();
        board.sources.insert(health.name.clone(), health);
        scene.board = Arc::new(board);
        let said = complete(&scene, true, true).characters();
        assert_eq!(said, "gap 12:01–12:02");
    }

    #[test]
    fn a_stretch_of_the_window_that_stays_unseen_stands_behind_it_unless_it_was_denied() {
        let said = |minute: i64, why| {
            let mut scene = complete_to(4);
            let analysis = Arc::make_mut(&mut scene.analysis);
            let facts = Arc::make_mut(&mut analysis.facts);
            let from = FROM.plus_ms(minute * 60_000);
            facts.gaps.push(SeenGap {
                group: facts.symbols.intern("/aws/lambda/pay"),
                from,
                to: from.plus_ms(60_000),
                why,
            });
            complete(&scene, true, true).characters()
        };
        let whole = "complete to 12:05:00";
        assert_eq!(
            said(0, GapReason::Dropped),
            format!("{whole} gap 12:01–12:02")
        );
        assert_eq!(said(0, GapReason::Denied), whole);
        assert_eq!(said(-10, GapReason::Dropped), whole, "before the window");
    }

    #[test]
    fn a_file_says_how_much_of_it_is_read_by_its_size_or_by_what_came() {
        let said = |progress: Option<Progress>| {
            let mut board = Board::default();
            let health = Health {
                name: "orders.ndjson".into(),
                progress,
                ..Health::default()
            };
            board.sources.insert(health.name.clone(), health);
            let mut scene = Scene::empty(Mode::File, "orders.ndjson", Timestamp(0));
            scene.board = Arc::new(board);
            state(&scene, (None, None)).characters()
        };
        assert_eq!(said(Some(Progress::Percent(37))), "■ file 37 %");
        assert_eq!(said(Some(Progress::Megabytes(12))), "■ file 12 MB");
        assert_eq!(said(None), "■ file");
    }
}
