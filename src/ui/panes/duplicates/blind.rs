//! A consumer whose log names no ids: nothing can be said of repeats and order, and one line of code would change that.

use crate::model::analysis::Analysis;
use crate::model::symbols::Sym;
use crate::ui::figures;
use crate::ui::page::Part;
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// One line that logs the whole event, by the beginning of the runtime's name.
const LOG_EVENT: &[(&str, &str)] = &[
    ("python", "print(json.dumps(event))"),
    ("nodejs", "console.log(JSON.stringify(event))"),
    (
        "java",
        "context.getLogger().log(new ObjectMapper().writeValueAsString(event));",
    ),
    (
        "dotnet",
        "context.Logger.LogInformation(JsonSerializer.Serialize(input));",
    ),
    ("ruby", "puts event.to_json"),
    ("go", "b, _ := json.Marshal(event); fmt.Println(string(b))"),
];
/// The same of a runtime that is not known, or that a language brings along: Rust, Go.
const LOG_EVENT_OTHERWISE: &str = "println!(\"{}\", serde_json::to_string(&event.payload)?);";

/// One line a record that says no more than its id, for events that hold what a log must not.
const LOG_ID: &str = r#"{"eventSource": "aws:sqs", "messageId": "…"}"#;

/// What logs the whole event in a runtime, and whether the runtime is known to want that.
fn log_event(runtime: Option<&str>) -> (&'static str, &'static str) {
    let known = runtime.and_then(|runtime| {
        let mut all = LOG_EVENT.iter();
        all.find(|(prefix, _)| runtime.starts_with(prefix))
    });
    match (known, runtime) {
        (Some((language, line)), _) => (language, line),
        (None, Some(_)) => ("Rust, on a runtime of its own", LOG_EVENT_OTHERWISE),
        (None, None) => ("the runtime is not known; in Python", LOG_EVENT[0].1),
    }
}

/// What would make a blind consumer seen.
pub(super) fn part(analysis: &Analysis, consumer: Sym) -> Part {
    let name = analysis.text(consumer);
    let known = analysis.facts.functions.get(&consumer);
    let runtime = known
        .and_then(|known| known.runtime)
        .map(|runtime| analysis.text(runtime));
    let (language, line) = log_event(runtime);
    let figures_of = analysis
        .functions
        .iter()
        .find(|one| one.function == consumer);
    let (ids, runs) = figures_of.map_or((None, 0), |one| (one.id_coverage, one.invocations));
    let share = ids.map_or_else(
        || "in no line".to_owned(),
        |share| {
            format!(
                "on {} of {}",
                figures::percent(share),
                figures::number_of(runs, "runs")
            )
        },
    );
    let lines = vec![
        Text::of(
            Role::Unknown,
            &format!("blind: event ids {share}, so repeats and order at {name} cannot be known"),
        ),
        Text::of(Role::Dim, "next   ").and(
            Role::Text,
            "log the event once, as the first line of the handler; nepho reads the ids in it:",
        ),
        Text::of(Role::Dim, &format!("       {language}: ")).and(Role::Strong, line),
        Text::of(Role::Dim, "or     ").and(
            Role::Text,
            "where events hold what a log must not, one line a record with its id alone:",
        ),
        Text::of(Role::Dim, "       ").and(Role::Strong, LOG_ID),
        Text::of(Role::Dim, "or     ").and(
            Role::Text,
            "where the log has ids in words of its own, name them in nepho.toml: [[extract]], see README",
        ),
    ];
    Part::lines("blind", format!("{name}: what would make it seen"), lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Engine, Limits};
    use crate::model::batch::Batch;
    use crate::model::record::{LogRecord, Record};
    use crate::model::settings::Settings;
    use crate::model::time::Timestamp;

    #[test]
    fn the_line_with_an_id_alone_makes_a_consumer_seen() {
        let id = "00000000-0000-4000-8000-000000000001";
        let line = LOG_ID.replace('…', "5fea7756-0ea4-451a-a703-a558b933e274");
        let lines = [
            format!("START RequestId: {id} Version: 1\n"),
            format!("{line}\n"),
            format!("END RequestId: {id}\n"),
            format!(
                "REPORT RequestId: {id}\tDuration: 5.00 ms\tBilled Duration: 5 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\n"
            ),
        ];
        let record = |(at, message): (i64, String)| {
            Record::Log(LogRecord {
                group: "/aws/lambda/invoice-pdf".into(),
                stream: "2026/03/03/[1]0123456789abcdef0123456789abcdef".into(),
                timestamp: Timestamp(1_772_547_000_000 + at),
                ingestion: None,
                event_id: None,
                message: message.into(),
            })
        };
        let settings = Settings::default();
        let limits = Limits::of(&settings.memory, true);
        let mut engine = Engine::new(settings, limits).expect("an engine");
        engine.apply(&Batch::from(
            (0..).zip(lines).map(record).collect::<Vec<_>>(),
        ));
        let analysis = engine.analyse();
        assert_eq!(analysis.functions[0].id_coverage, Some(1.0));
    }

    #[test]
    fn each_managed_runtime_has_a_line_in_its_own_language() {
        for (runtime, word) in [
            ("python3.12", "json.dumps"),
            ("nodejs20.x", "JSON.stringify"),
            ("java21", "ObjectMapper"),
            ("dotnet8", "JsonSerializer"),
            ("ruby3.3", "to_json"),
            ("provided.al2023", "serde_json"),
        ] {
            assert!(log_event(Some(runtime)).1.contains(word), "{runtime}");
        }
        assert!(log_event(None).0.contains("not known"));
    }
}
