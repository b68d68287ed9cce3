//! Roles and what they look like. A theme is a TOML file of roles; what it leaves out falls back to a broader role.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use strum::{EnumCount, EnumIter, EnumString, IntoEnumIterator as _, IntoStaticStr};

mod contrast;

pub use contrast::{contrast, rgb_of_index};

/// The embedded themes, by name. A test lists the folder and fails if one is missing here.
pub const BUILTIN: &[(&str, &str)] = &[
    ("ansi", include_str!("../../themes/ansi.toml")),
    ("catppuccin", include_str!("../../themes/catppuccin.toml")),
    ("dark", include_str!("../../themes/dark.toml")),
    (
        "high-contrast",
        include_str!("../../themes/high-contrast.toml"),
    ),
    ("light", include_str!("../../themes/light.toml")),
    (
        "modus-operandi",
        include_str!("../../themes/modus-operandi.toml"),
    ),
    (
        "modus-vivendi",
        include_str!("../../themes/modus-vivendi.toml"),
    ),
    ("mono", include_str!("../../themes/mono.toml")),
    ("okabe-ito", include_str!("../../themes/okabe-ito.toml")),
    ("tokyo-night", include_str!("../../themes/tokyo-night.toml")),
];

/// What a piece of the screen means. Themes and panes speak of roles only.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, EnumCount, EnumIter, EnumString, IntoStaticStr,
)]
pub enum Role {
    /// Body.
    #[default]
    #[strum(serialize = "text")]
    Text,
    /// Units, rules, counted zeros, finality.
    #[strum(serialize = "text.dim")]
    Dim,
    /// Names of subjects, the claim.
    #[strum(serialize = "text.strong")]
    Strong,
    /// Active tab, prompt, end of the crumb, what hides rows.
    #[strum(serialize = "focus")]
    Focus,
    /// The row under the cursor.
    #[strum(serialize = "selection")]
    Selection,
    #[strum(serialize = "match")]
    Match,
    #[strum(serialize = "severity.p1")]
    P1,
    #[strum(serialize = "severity.p2")]
    P2,
    #[strum(serialize = "severity.p3")]
    P3,
    #[strum(serialize = "severity.p4")]
    P4,
    #[strum(serialize = "finding.cold")]
    Cold,
    #[strum(serialize = "finding.throttle")]
    Throttle,
    #[strum(serialize = "finding.duplicate")]
    Duplicate,
    #[strum(serialize = "finding.disorder")]
    Disorder,
    #[strum(serialize = "error")]
    Error,
    /// Only where good is the message.
    #[strum(serialize = "ok")]
    Ok,
    #[strum(serialize = "late")]
    Late,
    /// Figures that cannot be known.
    #[strum(serialize = "unknown")]
    Unknown,
    /// What Enter opens in prose.
    #[strum(serialize = "link")]
    Link,
}

impl Role {
    /// The broader role that stands in where a theme says nothing.
    fn fallback(self) -> Self {
        match self {
            Self::P4 | Self::Unknown => Self::Dim,
            Self::P1 => Self::Error,
            _ => Self::Text,
        }
    }
}

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// 16 million.
    #[default]
    True,
    /// 256: each colour of the theme becomes its nearest neighbour in the cube.
    Indexed,
    /// 16: the theme `ansi` takes over, since only the terminal knows its 16 colours.
    Ansi,
    /// None (`NO_COLOR`): the theme `mono` takes over.
    None,
}

/// A theme made ready: one style a role.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    styles: [Style; Role::COUNT],
    /// What the theme takes the terminal's own colours to be; pictures are painted with them.
    pub ground: Ground,
    /// ASCII glyphs only.
    pub ascii: bool,
    /// The name of a built-in theme; `None` for a file.
    pub name: Option<&'static str>,
    depth: Depth,
}

/// The terminal's own colours as a theme takes them to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ground {
    pub background: (u8, u8, u8),
    pub text: (u8, u8, u8),
}

/// What is wrong with a theme file, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ThemeError(String);

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    inherits: Option<String>,
    palette: BTreeMap<String, String>,
    ground: BTreeMap<String, String>,
    roles: BTreeMap<String, Spec>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Spec {
    Foreground(String),
    Whole(Whole),
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Whole {
    fg: Option<String>,
    bg: Option<String>,
    add: Vec<String>,
}

impl Look {
    /// A built-in theme by name, else the text of a theme file. Warnings name roles of a newer nepho, which are skipped.
    pub fn new(theme: &str, depth: Depth, ascii: bool) -> Result<(Self, Vec<String>), ThemeError> {
        let source = match depth {
            Depth::Ansi => "ansi",
            Depth::None => "mono",
            Depth::True | Depth::Indexed => theme,
        };
        let mut file = File::default();
        // The inner layers first: a palette that a theme changes changes what it inherits too.
        for layer in layers(source)?.into_iter().rev() {
            file.palette.extend(layer.palette);
            file.ground.extend(layer.ground);
            file.roles.extend(layer.roles);
        }
        let mut warnings = Vec::new();
        let mut styles = [None; Role::COUNT];
        for (name, spec) in file.roles {
            match name.parse::<Role>() {
                Ok(role) => styles[role as usize] = Some(style(spec, &file.palette, depth)?),
                Err(_) => warnings.push(format!("theme: role \"{name}\" is not known, skipped")),
            }
        }
        let resolved = |role: Role| {
            let mut at = role;
            loop {
                match styles[at as usize] {
                    Some(style) => return style,
                    None if at == Role::Text => return Style::new(),
                    None => at = at.fallback(),
                }
            }
        };
        let mut look = Self {
            styles: [Style::new(); Role::COUNT],
            ground: Ground {
                background: ground_colour(&file.ground, "background", (0, 0, 0))?,
                text: ground_colour(&file.ground, "text", (255, 255, 255))?,
            },
            ascii,
            name: BUILTIN
                .iter()
                .map(|(name, _)| *name)
                .find(|name| *name == source),
            depth,
        };
        for role in Role::iter() {
            look.styles[role as usize] = resolved(role);
        }
        Ok((look, warnings))
    }

    /// The built-in theme after this one, in as many colours; `None` where these leave no choice.
    pub fn next(&self) -> Option<Self> {
        if matches!(self.depth, Depth::Ansi | Depth::None) {
            return None;
        }
        let here = BUILTIN
            .iter()
            .position(|(name, _)| Some(*name) == self.name);
        let next = here.map_or(0, |at| (at + 1) % BUILTIN.len());
        let (name, _) = BUILTIN.get(next)?;
        Self::new(name, self.depth, self.ascii)
            .ok()
            .map(|(look, _)| look)
    }

    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }
}

/// The theme and what it inherits, the innermost last.
fn layers(theme: &str) -> Result<Vec<File>, ThemeError> {
    let mut layers: Vec<File> = Vec::new();
    let mut next = theme.to_owned();
    loop {
        let text = builtin(&next).map_or(next.as_str(), |text| text);
        let file: File =
            toml::from_str(text).map_err(|error| ThemeError(format!("theme: {error}")))?;
        let inherits = file.inherits.clone();
        layers.push(file);
        let Some(parent) = inherits else {
            return Ok(layers);
        };
        if builtin(&parent).is_none() {
            return Err(ThemeError(format!(
                "theme: inherits \"{parent}\", which is not built in"
            )));
        }
        if layers.len() > BUILTIN.len() {
            return Err(ThemeError(format!("theme: \"{parent}\" inherits itself")));
        }
        next = parent;
    }
}

fn builtin(name: &str) -> Option<&'static str> {
    BUILTIN
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

fn style(
    spec: Spec,
    palette: &BTreeMap<String, String>,
    depth: Depth,
) -> Result<Style, ThemeError> {
    let whole = match spec {
        Spec::Foreground(fg) => Whole {
            fg: Some(fg),
            ..Whole::default()
        },
        Spec::Whole(whole) => whole,
    };
    let mut style = Style::new();
    if let Some(fg) = whole.fg {
        style = style.fg(colour(&fg, palette, depth)?);
    }
    if let Some(bg) = whole.bg {
        style = style.bg(colour(&bg, palette, depth)?);
    }
    for name in whole.add {
        style = style.add_modifier(match name.as_str() {
            "bold" => Modifier::BOLD,
            "dim" => Modifier::DIM,
            "italic" => Modifier::ITALIC,
            "underlined" => Modifier::UNDERLINED,
            "reversed" => Modifier::REVERSED,
            _ => return Err(ThemeError(format!("theme: \"{name}\" is no attribute"))),
        });
    }
    Ok(style)
}

/// A palette name, `#rrggbb`, or a name that ratatui knows (`red`, `light-blue`, `reset`).
fn colour(
    name: &str,
    palette: &BTreeMap<String, String>,
    depth: Depth,
) -> Result<Color, ThemeError> {
    let written = palette.get(name).map_or(name, String::as_str);
    let colour: Color = written
        .parse()
        .map_err(|_| ThemeError(format!("theme: \"{written}\" is no colour")))?;
    Ok(match (colour, depth) {
        (Color::Rgb(red, green, blue), Depth::Indexed) => {
            Color::Indexed(contrast::nearest_index((red, green, blue)))
        }
        _ => colour,
    })
}

fn ground_colour(
    ground: &BTreeMap<String, String>,
    name: &str,
    default: (u8, u8, u8),
) -> Result<(u8, u8, u8), ThemeError> {
    let Some(written) = ground.get(name) else {
        return Ok(default);
    };
    match written.parse() {
        Ok(Color::Rgb(red, green, blue)) => Ok((red, green, blue)),
        _ => Err(ThemeError(format!(
            "theme: ground.{name} must be #rrggbb, not \"{written}\""
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_that_is_left_out_looks_like_the_broader_one() {
        let theme = "[roles]\ntext = \"#ffffff\"\n\"text.dim\" = \"#888888\"";
        let (look, warnings) = Look::new(theme, Depth::True, false).expect("reads");
        assert_eq!(warnings, Vec::<String>::new());
        assert_eq!(look.style(Role::Unknown), look.style(Role::Dim));
        assert_eq!(
            look.style(Role::Cold),
            Style::new().fg(Color::Rgb(255, 255, 255))
        );
    }

    #[test]
    fn a_theme_changes_what_it_names_and_inherits_the_rest() {
        let theme =
            "inherits = \"dark\"\n[palette]\nblood = \"#aa0000\"\n[roles]\nerror = \"blood\"";
        let (look, _) = Look::new(theme, Depth::True, false).expect("reads");
        let (dark, _) = Look::new("dark", Depth::True, false).expect("built in");
        assert_eq!(look.style(Role::Error).fg, Some(Color::Rgb(0xaa, 0, 0)));
        assert_eq!(look.style(Role::Cold), dark.style(Role::Cold));
    }

    #[test]
    fn themes_follow_each_other_in_a_circle_where_colours_leave_a_choice() {
        let (first, _) = Look::new("dark", Depth::Indexed, true).expect("built in");
        let mut look = first.clone();
        let mut seen = Vec::new();
        for _ in BUILTIN {
            look = look.next().expect("a choice");
            seen.extend(look.name);
        }
        assert_eq!(look, first, "as many colours, the same glyphs");
        seen.sort_unstable();
        assert!(seen.iter().eq(BUILTIN.iter().map(|(name, _)| name)));
        let (few, _) = Look::new("dark", Depth::Ansi, false).expect("built in");
        assert_eq!(few.next(), None);
    }

    #[test]
    fn an_unknown_role_is_a_warning_and_an_unknown_colour_an_error() {
        let (_, warnings) =
            Look::new("[roles]\n\"finding.new\" = \"red\"", Depth::True, false).expect("reads");
        assert_eq!(
            warnings,
            ["theme: role \"finding.new\" is not known, skipped"]
        );
        let error =
            Look::new("[roles]\ntext = \"blurple\"", Depth::True, false).expect_err("no colour");
        assert_eq!(error.to_string(), "theme: \"blurple\" is no colour");
    }
}
