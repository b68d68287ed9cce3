//! What of a row goes to the clipboard: its line, its ids, the AWS command that shows the same, its place in the console.

use super::{Effect, Screen};
use crate::model::placed;
use crate::model::time::Timestamp;
use crate::ui::action::Action;
use crate::ui::find;
use crate::ui::float::Float;
use crate::ui::keys::Context;
use crate::ui::page::Row;
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// Log events of one run are looked for so far before and after it, in milliseconds.
const AROUND_MS: i64 = 60_000;

impl Screen {
    /// Waits for what to copy.
    pub(super) fn ask_copy(&mut self) {
        self.chord = true;
        let hint = |action: Action| {
            let keys = self.keys.keys(Context::Copy, action);
            format!(
                "{} {}",
                keys.first().map_or("", String::as_str),
                action.label()
            )
        };
        let hints = [
            Action::CopyLine,
            Action::CopyIds,
            Action::CopyCommand,
            Action::CopyUrl,
        ]
        .map(hint);
        self.say(Text::of(Role::Focus, "copy ").and(Role::Text, &hints.join(" · ")));
    }

    /// Copies one thing about the row under the cursor.
    pub(super) fn copy(&mut self, action: Action) {
        let Some(row) = self.place().row() else {
            return self.say("no row under the cursor to copy from");
        };
        let text = match action {
            Action::CopyIds => self.ids(&row),
            Action::CopyCommand => self.command(&row),
            Action::CopyUrl => self.url(&row),
            _ => Some(self.line(&row)),
        };
        match text {
            Some(text) => {
                self.say(format!("copied: {text}"));
                self.effects.push(Effect::Copy(text));
            }
            None => self.say("this row has none of it"),
        }
    }

    /// Shows where the AWS console tells of the row, and copies it.
    pub(super) fn show_url(&mut self) {
        let url = self.place().row().and_then(|row| self.url(&row));
        let Some(url) = url else {
            return self.say("the console has no page about this row");
        };
        let lines = vec![
            Text::new(&url),
            Text::default(),
            Text::of(
                Role::Dim,
                "It was copied to the clipboard, where the terminal allows that (OSC 52).",
            ),
        ];
        self.floats.push(Float::Said {
            title: "In the AWS console".to_owned(),
            lines,
            top: 0,
        });
        self.effects.push(Effect::Copy(url));
    }

    /// The raw log line, else what the cells say.
    fn line(&self, row: &Row) -> String {
        let raw = self.raw_line().map(|line| line.trim_end().to_owned());
        raw.unwrap_or_else(|| {
            let cells = row
                .cells
                .iter()
                .map(|cell| cell.characters().trim().to_owned());
            let cells: Vec<String> = cells.filter(|cell| !cell.is_empty()).collect();
            cells.join("\t")
        })
    }

    fn ids(&self, row: &Row) -> Option<String> {
        let run = row.run.or_else(|| self.place().page()?.run)?;
        let analysis = &self.shown.analysis;
        let trace = find::invocation(analysis, run)
            .and_then(|at| analysis.invocation(at).trace.as_ref())
            .map(|trace| format!(" trace {}", trace.trace));
        Some(format!(
            "request {}{}",
            run.request,
            trace.unwrap_or_default()
        ))
    }

    /// Log group, request and stretch of time of the row's run.
    fn of_run(&self, row: &Row) -> Option<(String, String, Timestamp, Timestamp)> {
        let run = row.run.or_else(|| self.place().page()?.run)?;
        let analysis = &self.shown.analysis;
        let invocation = analysis.invocation(find::invocation(analysis, run)?);
        let group = analysis.facts.streams[invocation.stream() as usize].group;
        Some((
            analysis.text(group).to_owned(),
            run.request.to_string(),
            invocation.start.plus_ms(-AROUND_MS),
            invocation.end.plus_ms(AROUND_MS),
        ))
    }

    fn command(&self, row: &Row) -> Option<String> {
        let run = self.of_run(row);
        let named = run.as_ref().map(|(group, ..)| group.as_str());
        let (region, profile) = self.home(named.or(row.function.as_deref())?);
        let region = region.map_or_else(String::new, |region| format!(" --region {region}"));
        let profile = profile.map(|profile| format!(" --profile {}", quoted(profile)));
        let region = region + &profile.unwrap_or_default();
        if let Some((group, request, from, until)) = &run {
            return Some(format!(
                "aws logs filter-log-events{region} --log-group-name {} --start-time {} --end-time {} --filter-pattern '\"{request}\"'",
                quoted(placed::name(group)),
                from.0,
                until.0
            ));
        }
        let function = row.function.as_deref()?;
        Some(format!(
            "aws lambda get-function-configuration{region} --function-name {}",
            quoted(placed::name(function))
        ))
    }

    fn url(&self, row: &Row) -> Option<String> {
        let run = self.of_run(row);
        let named = run.as_ref().map(|(group, ..)| group.as_str());
        let (region, _) = self.home(named.or(row.function.as_deref())?);
        let region = region.map_or_else(String::new, |region| format!("?region={region}"));
        if let Some((group, request, from, until)) = &run {
            // The console escapes twice: the fragment is a path of its own, with $ for %.
            let group = escaped(&escaped(placed::name(group))).replace('%', "$");
            let pattern = escaped(&format!(
                "?filterPattern=\"{request}\"&start={}&end={}",
                from.0, until.0
            ))
            .replace('%', "$");
            return Some(format!(
                "https://console.aws.amazon.com/cloudwatch/home{region}#logsV2:log-groups/log-group/{group}/log-events{pattern}"
            ));
        }
        let function = row.function.as_deref()?;
        Some(format!(
            "https://console.aws.amazon.com/lambda/home{region}#/functions/{}",
            escaped(placed::name(function))
        ))
    }

    /// Region and profile of a name: those of the place that it carries, else the region that the header's words name.
    fn home<'a>(&'a self, name: &'a str) -> (Option<&'a str>, Option<&'a str>) {
        match placed::place(name) {
            Some(place) => match place.split_once('/') {
                Some((region, profile)) => (Some(region), Some(profile)),
                None => (Some(place), None),
            },
            None => (self.region(), None),
        }
    }

    fn region(&self) -> Option<&str> {
        let is_region = |word: &&str| {
            let parts: Vec<&str> = word.split('-').collect();
            let letters =
                |part: &&str| !part.is_empty() && part.bytes().all(|one| one.is_ascii_lowercase());
            parts.len() >= 3
                && parts[..parts.len() - 1].iter().all(letters)
                && parts[parts.len() - 1]
                    .bytes()
                    .all(|one| one.is_ascii_digit())
        };
        self.shown.place.split(' ').find(is_region)
    }
}

/// As a shell takes it for one word.
fn quoted(text: &str) -> String {
    let plain = |one: char| one.is_ascii_alphanumeric() || "-_./:".contains(one);
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// Percent-encoded, all but letters, digits and `-_.~`.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_word_for_the_shell_and_plain_in_an_address() {
        assert_eq!(quoted("/aws/lambda/payment"), "/aws/lambda/payment");
        assert_eq!(quoted("it's; rm"), "'it'\\''s; rm'");
        assert_eq!(escaped("/aws/lambda/x y"), "%2Faws%2Flambda%2Fx%20y");
    }
}
