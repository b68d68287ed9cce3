//! What of the screen outlives the run: pane, theme, zone, filters, orders, columns and widths. Names only, never data.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::arrange::{Sort, View};

/// The form that is written. Another one is not read.
pub const VERSION: u32 = 1;

/// Lists, columns of one, entries of a history and characters of a text that are kept at most.
const MOST_LISTS: usize = 100;
const MOST_COLUMNS: usize = 100;
const MOST_HISTORY: usize = 50;
const MOST_TEXT: usize = 400;

/// What is kept. Panes go by their titles and parts by their ids, so that a later nepho still finds them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kept {
    pub version: u32,
    pub pane: String,
    pub theme: Option<String>,
    pub zone: String,
    /// Filters and times that were typed, the newest last.
    pub filters: Vec<String>,
    pub times: Vec<String>,
    pub list: Vec<KeptList>,
}

/// What a reader made of one list of a pane.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeptList {
    pub pane: String,
    pub part: String,
    pub filter: String,
    pub sort: Option<String>,
    pub descending: bool,
    pub hidden: BTreeSet<String>,
    pub widths: BTreeMap<String, u16>,
    pub wrap: bool,
    pub unfold: bool,
}

impl KeptList {
    /// The view of a part of a pane; `None` where nothing was made of it. A search is of the moment and is not kept.
    pub fn of(pane: &str, part: &str, view: &View) -> Option<Self> {
        let kept = Self {
            pane: pane.to_owned(),
            part: part.to_owned(),
            filter: view.filter.clone(),
            sort: view.sort.as_ref().map(|sort| sort.column.to_string()),
            descending: view.sort.as_ref().is_some_and(|sort| sort.descending),
            hidden: view.hidden.iter().map(ToString::to_string).collect(),
            widths: view
                .widths
                .iter()
                .map(|(name, cells)| (name.to_string(), *cells))
                .collect(),
            wrap: view.wrap,
            unfold: view.unfold,
        };
        let bare = Self {
            pane: kept.pane.clone(),
            part: kept.part.clone(),
            ..Self::default()
        };
        (kept != bare).then_some(kept)
    }

    /// The view that it stands for.
    pub fn view(&self) -> View {
        View {
            filter: self.filter.clone(),
            sort: self.sort.as_ref().map(|column| Sort {
                column: column.as_str().into(),
                descending: self.descending,
            }),
            hidden: self
                .hidden
                .iter()
                .map(|name| name.as_str().into())
                .collect(),
            widths: self
                .widths
                .iter()
                .map(|(name, cells)| (name.as_str().into(), *cells))
                .collect(),
            wrap: self.wrap,
            unfold: self.unfold,
            ..View::default()
        }
    }
}

impl Kept {
    /// Reads what was written; says in words why it cannot be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let kept: Self = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        if kept.version != VERSION {
            return Err(format!("version {}, this is {VERSION}", kept.version));
        }
        Ok(kept.bounded())
    }

    /// As it is written.
    pub fn text(&self) -> Result<String, String> {
        toml::to_string(&self.clone().bounded()).map_err(|error| error.to_string())
    }

    /// No more of anything than is sensible, the newest of what is a history.
    fn bounded(mut self) -> Self {
        let short = |text: &String| text.len() <= MOST_TEXT;
        for history in [&mut self.filters, &mut self.times] {
            history.retain(short);
            history.drain(..history.len().saturating_sub(MOST_HISTORY));
        }
        self.list.retain(|list| {
            let columns = list.hidden.len().max(list.widths.len());
            short(&list.filter) && columns <= MOST_COLUMNS
        });
        self.list.truncate(MOST_LISTS);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let view = View {
            filter: "fn:pay* cold:\"yes\"".to_owned(),
            search: "gone".to_owned(),
            sort: Some(Sort {
                column: "p99".into(),
                descending: true,
            }),
            hidden: BTreeSet::from(["p50".into()]),
            widths: BTreeMap::from([("function".into(), 30)]),
            wrap: true,
            ..View::default()
        };
        let list = KeptList::of("Overview", "functions", &view).unwrap();
        let kept = Kept {
            version: VERSION,
            pane: "Overview".to_owned(),
            zone: "UTC".to_owned(),
            list: vec![list],
            ..Kept::default()
        };
        let again = Kept::parse(&kept.text().unwrap()).unwrap();
        assert_eq!(again, kept);
        let search = String::new();
        assert_eq!(again.list[0].view(), View { search, ..view });
        assert_eq!(
            KeptList::of("Overview", "functions", &View::default()),
            None
        );
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        assert_eq!(
            Kept::parse("version = 9").unwrap_err(),
            "version 9, this is 1"
        );
        assert!(Kept::parse("version = 1\npnae = 2").is_err());
        assert!(Kept::parse("\u{0}").is_err());
    }

    #[test]
    fn histories_and_lists_are_bounded() {
        let kept = Kept {
            version: VERSION,
            filters: (0..200).map(|at| at.to_string()).collect(),
            times: vec!["x".repeat(MOST_TEXT + 1)],
            list: vec![KeptList::default(); 300],
            ..Kept::default()
        };
        let again = Kept::parse(&kept.text().unwrap()).unwrap();
        assert_eq!(again.filters.first().map(String::as_str), Some("150"));
        assert_eq!((again.times.len(), again.list.len()), (0, MOST_LISTS));
    }
}
