//! Arguments of every command that opens the dashboard, and what the terminal can show.

use std::env;
use std::path::PathBuf;

use super::{complain, settings, theme};
use crate::app::keeping::Keeper;
use crate::model::settings::{Notify, Settings};
use crate::ui::keys::KeyTable;
use crate::ui::theme::{Depth, Look};

/// How the dashboard looks.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ScreenArgs {
    /// Settings file with extraction rules, thresholds, theme and keys
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// A built-in theme, or a theme file
    #[arg(long, value_name = "NAME|FILE")]
    theme: Option<String>,
    /// Draw with ASCII only
    #[arg(long)]
    ascii: bool,
    /// Begin with the panes as they come, not as the last run left them
    #[arg(long)]
    fresh: bool,
}

/// The settings, and what follows from them and from the terminal.
pub(crate) struct ScreenSettings {
    pub(crate) settings: Settings,
    pub(crate) look: Look,
    pub(crate) keys: KeyTable,
    pub(crate) mouse: bool,
    pub(crate) notify: Notify,
    pub(crate) keeper: Option<Keeper>,
}

/// Where the layout of the dashboard is kept. The demo has its own: what was filtered there says nothing of an account.
pub(crate) const LAYOUT: &str = "layout.toml";
pub(crate) const LAYOUT_OF_DEMO: &str = "demo.toml";

impl ScreenArgs {
    /// Reads the settings, the theme, the keys, and what the last run kept in the file `layout`. A theme that was named wins over one
    /// that was kept.
    pub(crate) fn read(&self, layout: &str) -> anyhow::Result<ScreenSettings> {
        let found = settings::find(self.config.as_deref())?;
        let (settings, keys) = (found.settings, found.keys);
        let keeper = Keeper::find(layout).filter(|_| settings.keep.unwrap_or(true));
        let keeper = keeper.map(|keeper| if self.fresh { keeper.fresh() } else { keeper });
        let kept = keeper.as_ref().and_then(Keeper::kept);
        let kept = kept.and_then(|kept| theme::builtin(kept.theme.as_deref()?));
        let named = self.theme.as_deref().or(settings.theme.as_deref());
        let theme = theme::text(named.or(kept).unwrap_or("dark"))?;
        let is_wide = settings.ambiguous_width == Some(2);
        let ascii = self.ascii || is_wide || !utf8_locale(|name| env::var(name).ok());
        let (look, warnings) = Look::new(&theme, depth(|name| env::var(name).ok()), ascii)?;
        warnings.iter().for_each(|warning| complain(warning));
        let mouse = settings.mouse.unwrap_or(true);
        let notify = settings.notify;
        Ok(ScreenSettings {
            settings,
            look,
            keys,
            mouse,
            notify,
            keeper,
        })
    }
}

/// What the terminal can show, in words.
#[cfg(feature = "aws")]
pub(crate) fn abilities(is_terminal: bool) -> String {
    if !is_terminal {
        return "none: standard output is no terminal".to_owned();
    }
    let var = |name: &str| env::var(name).ok();
    let colours = match depth(var) {
        Depth::None => "no colours",
        Depth::Ansi => "16 colours",
        Depth::Indexed => "256 colours",
        Depth::True => "true colour",
    };
    let characters = if utf8_locale(var) { "UTF-8" } else { "ASCII" };
    let size = crossterm::terminal::size();
    let size = size.map_or_else(|_| "?".to_owned(), |(wide, high)| format!("{wide}×{high}"));
    format!("{size}, {colours}, {characters}")
}

/// How many colours the terminal shows, by the variables that terminals set. `NO_COLOR` wins where it is not empty.
fn depth(var: impl Fn(&str) -> Option<String>) -> Depth {
    if var("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return Depth::None;
    }
    if var("COLORTERM").is_some_and(|value| value == "truecolor" || value == "24bit") {
        return Depth::True;
    }
    match var("TERM") {
        Some(term) if term == "dumb" => Depth::None,
        Some(term) if term.contains("direct") => Depth::True,
        Some(term) if term.contains("256color") => Depth::Indexed,
        _ => Depth::Ansi,
    }
}

/// Whether the locale says UTF-8, by the variables of POSIX in their order. A locale that is not set at all says
/// nothing against it on systems whose terminals are UTF-8.
fn utf8_locale(var: impl Fn(&str) -> Option<String>) -> bool {
    let named = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| {
        let value = var(name)?;
        (!value.is_empty()).then_some(value)
    });
    named.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| {
            set.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        assert!(utf8_locale(with(&[("LANG", "en_US.UTF-8")])));
        assert!(!utf8_locale(with(&[
            ("LC_ALL", "C"),
            ("LANG", "en_US.UTF-8")
        ])));
        assert!(!utf8_locale(with(&[("LC_ALL", ""), ("LC_CTYPE", "POSIX")])));
        assert!(utf8_locale(with(&[])));
    }

    #[test]
    fn no_color_wins_over_what_the_terminal_can() {
        let colours = [("COLORTERM", "truecolor"), ("TERM", "xterm-256color")];
        assert_eq!(depth(with(&colours)), Depth::True);
        assert_eq!(depth(with(&colours[1..])), Depth::Indexed);
        assert_eq!(depth(with(&[("TERM", "xterm")])), Depth::Ansi);
        assert_eq!(depth(with(&[colours[0], ("NO_COLOR", "1")])), Depth::None);
        assert_eq!(depth(with(&[colours[0], ("NO_COLOR", "")])), Depth::True);
    }
}
