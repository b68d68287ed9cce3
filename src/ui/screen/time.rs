//! Which stretch of time is looked at, how moments are told, and two stretches side by side.

use super::{Asks, Screen};
use crate::model::time::Timestamp;
use crate::ui::figures;
use crate::ui::prompt::Prompt;
use crate::ui::series;
use crate::ui::span::{self, Span};
use crate::ui::step::Step;
use crate::ui::zone::Zone;

impl Screen {
    /// The present of the picture that windows are cut from.
    pub(super) fn present(&self) -> Timestamp {
        self.source.now
    }

    /// From and until of what is looked at, if that is not everything.
    pub(super) fn bounds(&self) -> Option<(Timestamp, Timestamp)> {
        self.span.bounds(self.present())
    }

    /// Looks at another stretch of time, in every pane.
    pub(super) fn set_span(&mut self, span: Span) {
        if self.span != span {
            self.span = span;
            self.picture += 1;
            if self.bounds().is_none() {
                self.shown = self.source.clone();
            }
        }
        match self.bounds() {
            None => self.say("everything that is remembered"),
            Some((from, until)) => self.say(format!(
                "{}–{} in every pane",
                figures::clock_or_day(from, self.present()),
                figures::clock_or_day(until, self.present())
            )),
        }
    }

    pub(super) fn step_span(&mut self, later: bool) {
        self.set_span(self.span.step(later, self.present()));
    }

    pub(super) fn zoom_span(&mut self, closer: bool) {
        let Some(whole) = self.source.analysis.window else {
            return self.say("nothing to zoom into yet");
        };
        self.set_span(self.span.zoom(closer, whole, self.present()));
    }

    /// The newest stretch of the same length, and the newest picture.
    pub(super) fn go_now(&mut self) {
        if self.held {
            self.pause();
        }
        self.set_span(Span {
            end: None,
            ..self.span
        });
    }

    pub(super) fn next_zone(&mut self) {
        self.zone = self.zone.next();
        // Titles and texts are made with the page.
        self.picture += 1;
        self.say(match self.zone {
            Zone::Ago => "times as how long ago; claims of findings stay in UTC".to_owned(),
            zone => format!("times in {zone}; claims of findings stay in UTC"),
        });
    }

    pub(super) fn ask_time(&mut self) {
        self.prompt = Some(Prompt::new(Asks::Time, ""));
    }

    /// Asks where to divide the window: at the last deployment, unless there was none.
    pub(super) fn ask_comparison(&mut self) {
        let Some((from, until)) = self.shown.analysis.window else {
            return self.say("nothing to compare yet");
        };
        let deploys = series::deploys(&self.shown.analysis);
        let middle = from.plus_ms(until.since(from) / 2);
        let at = deploys.last().map_or(middle, |deploy| deploy.at);
        self.enter_zone();
        let text = figures::clock(at);
        let text = if text.contains(':') {
            text
        } else {
            at.to_string()
        };
        self.prompt = Some(Prompt::new(Asks::Compare, &text));
    }

    /// What a time prompt says: the stretch, or what is wrong with it.
    pub(super) fn read_span(&self, text: &str) -> Result<Span, String> {
        Span::parse(text, self.present(), self.offset_ms())
    }

    /// What a comparison prompt says: a moment to divide the window at, or two stretches.
    pub(super) fn read_comparison(&self, text: &str) -> Result<Step, String> {
        let (now, offset) = (self.present(), self.offset_ms());
        if let Some(at) = span::moment(text, now, offset) {
            let (from, until) = self
                .bounds()
                .or(self.source.analysis.window)
                .ok_or("nothing to compare yet")?;
            if at <= from || at >= until {
                return Err(format!(
                    "{text} lies outside what is looked at: {}–{}",
                    figures::clock_or_day(from, now),
                    figures::clock_or_day(until, now)
                ));
            }
            return Ok(Step::Compare {
                before: (from, at),
                after: (at, until.plus_ms(1)),
            });
        }
        let stretch = |text: &str| -> Option<(Timestamp, Timestamp)> {
            Span::parse(text, now, offset).ok()?.bounds(now)
        };
        text.split_once(' ')
            .and_then(|(before, after)| {
                Some(Step::Compare {
                    before: stretch(before)?,
                    after: stretch(after)?,
                })
            })
            .ok_or_else(|| {
                format!("{text}: not a comparison · use 14:00:40, or 13:30-14:00 14:00-14:30")
            })
    }

    /// Milliseconds that typed clock times are east of UTC.
    fn offset_ms(&self) -> i64 {
        match self.zone {
            Zone::Local => {
                chrono::DateTime::from_timestamp_millis(self.present().0).map_or(0, |now| {
                    let offset = now.with_timezone(&chrono::Local).offset().local_minus_utc();
                    i64::from(offset) * 1000
                })
            }
            Zone::Utc | Zone::Ago => 0,
        }
    }

    /// Tells moments on this thread as the reader wants them.
    pub(super) fn enter_zone(&self) {
        self.zone.enter(self.shown.now);
    }
}
