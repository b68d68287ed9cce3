//! What keys can do. Footer, help and the key table all speak of these.

use strum::{Display, EnumIter, EnumString};

/// One thing a key does. Its kebab-case name stands in the key table and the settings.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumIter, EnumString,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Action {
    Down,
    Up,
    Left,
    Right,
    NextPart,
    PreviousPart,
    First,
    Last,
    HalfPageDown,
    HalfPageUp,
    PageDown,
    PageUp,
    Open,
    Back,
    Pane1,
    Pane2,
    Pane3,
    Pane4,
    Pane5,
    Pane6,
    Pane7,
    Pane8,
    Pane9,
    NextPane,
    PreviousPane,
    Trace,
    Lines,
    Invocations,
    NextOfRequest,
    PreviousOfRequest,
    NextError,
    PreviousError,
    Filter,
    NextHit,
    PreviousHit,
    Only,
    Without,
    SortNext,
    SortPrevious,
    SortReverse,
    SortNow,
    Columns,
    Wider,
    Narrower,
    OnlyPart,
    CriticalPath,
    Magnify,
    Shrink,
    Whole,
    Fold,
    Unfold,
    Wrap,
    Json,
    Level,
    Recall,
    Explain,
    Snapshot,
    SnapshotOfThis,
    Theme,
    Profile,
    Region,
    PollNow,
    Pause,
    Earlier,
    Later,
    Now,
    ZoomIn,
    ZoomOut,
    GoToTime,
    Zone,
    Compare,
    Mark,
    Marks,
    NextMark,
    PreviousMark,
    Acknowledge,
    Mute,
    Copy,
    CopyLine,
    CopyIds,
    CopyCommand,
    CopyUrl,
    Console,
    Command,
    Help,
    Quit,
    QuitNow,
    Suspend,
    Complete,
    Older,
    Newer,
    DeleteWord,
    DeleteLine,
}

/// The headings of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Display, EnumIter)]
pub enum Group {
    Move,
    Follow,
    Look,
    Time,
    Keep,
    Nepho,
    Prompt,
}

impl Action {
    /// What the footer says after the key.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Back => "back",
            Self::Trace => "trace",
            Self::Lines => "log lines",
            Self::Invocations => "invocations",
            Self::NextOfRequest => "request",
            Self::NextError => "errors",
            Self::CriticalPath => "critical path",
            Self::Magnify => "zoom",
            Self::Fold => "fold",
            Self::Wrap => "wrap",
            Self::Json => "JSON",
            Self::Level => "level",
            Self::Recall => "all records",
            Self::Left => "choose",
            Self::Snapshot => "snapshot",
            Self::Theme => "theme",
            Self::Pause => "pause",
            Self::Last => "newest",
            Self::NextPart => "next part",
            Self::Filter => "filter",
            Self::Explain => "explain",
            Self::Earlier => "time",
            Self::Compare => "compare",
            Self::Command => "command",
            Self::NextHit => "next hit",
            Self::SortNext => "sort column",
            Self::SortReverse => "reverse",
            Self::Columns => "columns",
            Self::Only => "only this",
            Self::Without => "without it",
            Self::Help => "help",
            Self::Quit => "quit",
            Self::NextPane => "next pane",
            _ => self.words(),
        }
    }

    /// What the help says.
    pub fn words(self) -> &'static str {
        match self {
            Self::Down => "next row",
            Self::Up => "previous row",
            Self::Left => "column or minute to the left",
            Self::Right => "column or minute to the right",
            Self::NextPart => "next part of the pane",
            Self::PreviousPart => "previous part",
            Self::First => "first row",
            Self::Last => "last row; in the tail: follow",
            Self::HalfPageDown => "half a page down",
            Self::HalfPageUp => "half a page up",
            Self::PageDown => "a page down",
            Self::PageUp => "a page up",
            Self::Open => "open what is under the cursor",
            Self::Back => "undo the last step",
            Self::Pane1 => "what is wrong now",
            Self::Pane2 => "cold starts",
            Self::Pane3 => "throttling",
            Self::Pane4 => "duplicates",
            Self::Pane5 => "ordering",
            Self::Pane6 => "traces",
            Self::Pane7 => "tail",
            Self::Pane8 => "sources",
            Self::Pane9 => "errors",
            Self::NextPane => "next pane",
            Self::PreviousPane => "previous pane",
            Self::Trace => "trace of this row as a waterfall",
            Self::Lines => "log lines of this row",
            Self::Invocations => "invocations of this function",
            Self::NextOfRequest => "next line of this request",
            Self::PreviousOfRequest => "previous line of this request",
            Self::NextError => "next error",
            Self::PreviousError => "previous error",
            Self::Filter => "filter this list; Tab: find in it",
            Self::NextHit => "next hit; in a trace: next trouble",
            Self::PreviousHit => "previous hit",
            Self::Only => "only rows with this value",
            Self::Without => "only rows without it",
            Self::SortNext => "sort by the next column",
            Self::SortPrevious => "sort by the column before",
            Self::SortReverse => "turn the order round",
            Self::SortNow => "put rows in order now",
            Self::Columns => "choose columns",
            Self::Wider => "this column wider",
            Self::Narrower => "this column narrower",
            Self::OnlyPart => "only this part, all parts",
            Self::Explain => "what this means, how it is computed",
            Self::Earlier => "half a window earlier, in every pane",
            Self::Later => "half a window later",
            Self::Now => "to the present",
            Self::ZoomIn => "half as much time",
            Self::ZoomOut => "twice as much time",
            Self::GoToTime => "go to a time, or look at the last 15m",
            Self::Zone => "UTC, local time, how long ago",
            Self::Compare => "before and after, side by side",
            Self::Mark => "mark with a note; again: take it off",
            Self::Marks => "everything that is marked",
            Self::NextMark => "next mark of this list",
            Self::PreviousMark => "previous mark",
            Self::Acknowledge => "acknowledge a finding; again: undo",
            Self::Mute => "hide a finding for a while",
            Self::Copy => "copy, then what",
            Self::CopyLine => "the line",
            Self::CopyIds => "its ids",
            Self::CopyCommand => "the AWS command",
            Self::CopyUrl => "the console's address",
            Self::Console => "where the AWS console shows it",
            Self::Command => "every command, pane and function",
            Self::Complete => "complete; filter or find",
            Self::Older => "entry before",
            Self::Newer => "entry after",
            Self::DeleteWord => "delete a word",
            Self::DeleteLine => "delete all",
            Self::CriticalPath => "the critical path alone, or all",
            Self::Magnify => "half as much of the axis, around this row",
            Self::Shrink => "twice as much of the axis",
            Self::Whole => "the whole axis",
            Self::Fold => "fold what is under this row; then its parent",
            Self::Unfold => "unfold it; then its first child",
            Self::Wrap => "wrap long lines, or cut them",
            Self::Json => "unfold every JSON line, or fold them",
            Self::Level => "only louder lines: no DEBUG, WARN, ERROR, all",
            Self::Recall => "read lines that are not held again; again: cancel",
            Self::Snapshot => "save what was seen in one file; again: cancel",
            Self::SnapshotOfThis => "save this row with all that is linked to it",
            Self::Theme => "the next theme, at once",
            Self::Profile => "watch another profile, or several",
            Self::Region => "watch another region, or several",
            Self::PollNow => "ask every source again now",
            Self::Pause => "hold the picture, go on",
            Self::Help => "this help",
            Self::Quit => "quit",
            Self::QuitNow => "quit at once",
            Self::Suspend => "to the shell; fg comes back",
        }
    }

    /// Where the help lists it.
    pub fn group(self) -> Group {
        match self {
            Self::Trace
            | Self::Lines
            | Self::Invocations
            | Self::NextOfRequest
            | Self::PreviousOfRequest
            | Self::NextError
            | Self::PreviousError
            | Self::CriticalPath => Group::Follow,
            Self::Filter
            | Self::NextHit
            | Self::PreviousHit
            | Self::Only
            | Self::Without
            | Self::SortNext
            | Self::SortPrevious
            | Self::SortReverse
            | Self::SortNow
            | Self::Columns
            | Self::Wider
            | Self::Narrower
            | Self::OnlyPart
            | Self::Magnify
            | Self::Shrink
            | Self::Whole
            | Self::Fold
            | Self::Unfold
            | Self::Wrap
            | Self::Json
            | Self::Level
            | Self::Recall
            | Self::Explain => Group::Look,
            Self::Complete | Self::Older | Self::Newer | Self::DeleteWord | Self::DeleteLine => {
                Group::Prompt
            }
            Self::Pause
            | Self::Earlier
            | Self::Later
            | Self::Now
            | Self::ZoomIn
            | Self::ZoomOut
            | Self::GoToTime
            | Self::Zone
            | Self::Compare => Group::Time,
            Self::Snapshot
            | Self::SnapshotOfThis
            | Self::Theme
            | Self::Profile
            | Self::Region
            | Self::PollNow
            | Self::Command
            | Self::Help
            | Self::Quit
            | Self::QuitNow
            | Self::Suspend => Group::Nepho,
            Self::Mark
            | Self::Marks
            | Self::NextMark
            | Self::PreviousMark
            | Self::Acknowledge
            | Self::Mute
            | Self::Copy
            | Self::CopyLine
            | Self::CopyIds
            | Self::CopyCommand
            | Self::CopyUrl
            | Self::Console => Group::Keep,
            _ => Group::Move,
        }
    }

    /// Which pane a digit leads to, from 0.
    pub fn pane(self) -> Option<usize> {
        let digits = [
            Self::Pane1,
            Self::Pane2,
            Self::Pane3,
            Self::Pane4,
            Self::Pane5,
            Self::Pane6,
            Self::Pane7,
            Self::Pane8,
            Self::Pane9,
        ];
        digits.iter().position(|digit| *digit == self)
    }
}
