//! A key that no setting has: its name with the tables around it, and what may have been meant.

use toml::de::{DeTable, DeValue};

/// Names that are less alike than this are not taken for one another; as clap has it for options.
const ALIKE: f64 = 0.7;

/// What is wrong with the key at a byte of a file, if serde's message says that it knows none of that name.
pub(super) fn words(text: &str, at: usize, message: &str) -> Option<String> {
    let mut names = message
        .strip_prefix("unknown field ")?
        .split('`')
        .skip(1)
        .step_by(2);
    let key = names.next()?;
    let known: Vec<&str> = names.collect();
    let tables = tables_of(text, at).unwrap_or_default();
    let path = |key: &str| format!("\"{tables}{key}\"");
    let likeness = |name: &&str| strsim::jaro(key, name);
    let nearest = known
        .iter()
        .copied()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let advice = match nearest.filter(|name| likeness(name) > ALIKE) {
        Some(name) => format!("did you mean {}?", path(name)),
        None => format!("those there are: {}", known.join(", ")),
    };
    Some(format!("unknown key {} · {advice}", path(key)))
}

/// The names of the tables around the key at a byte, each with a dot behind it.
fn tables_of(text: &str, at: usize) -> Option<String> {
    let root = DeTable::parse(text).ok()?;
    within(root.get_ref(), at)
}

fn within(table: &DeTable<'_>, at: usize) -> Option<String> {
    if table.keys().any(|key| key.span().contains(&at)) {
        return Some(String::new());
    }
    table.iter().find_map(|(key, value)| {
        let inner = in_value(value.get_ref(), at)?;
        Some(format!("{}.{inner}", key.get_ref()))
    })
}

fn in_value(value: &DeValue<'_>, at: usize) -> Option<String> {
    match value {
        DeValue::Table(table) => within(table, at),
        DeValue::Array(list) => list.iter().find_map(|item| in_value(item.get_ref(), at)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::parse;

    #[test]
    fn the_nearest_key_of_the_same_table_is_proposed() {
        for (text, words) in [
            (
                "them = \"dark\"\n",
                "nepho.toml:1:1: unknown key \"them\" · did you mean \"theme\"?",
            ),
            (
                "[memory]\nfacts_mbb = 3\n",
                "nepho.toml:2:1: unknown key \"memory.facts_mbb\" · did you mean \"memory.facts_mb\"?",
            ),
            (
                "[[extract]]\nevent_id = \"$.a\"\n[[extract]]\n  evnt_id = \"$.a\"\n",
                "nepho.toml:4:3: unknown key \"extract.evnt_id\" · did you mean \"extract.event_id\"?",
            ),
            (
                "memory = { facts_md = 3 }\n",
                "nepho.toml:1:12: unknown key \"memory.facts_md\" · did you mean \"memory.facts_mb\"?",
            ),
        ] {
            let error = parse(text, Path::new("nepho.toml")).unwrap_err();
            assert_eq!(error.to_string(), words);
        }
    }

    #[test]
    fn where_none_is_near_all_are_told() {
        let error = parse("[memory]\nzzz = 3\n", Path::new("nepho.toml")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "nepho.toml:2:1: unknown key \"memory.zzz\" · those there are: log_text_mb, facts_mb, event_ids, records_mb"
        );
    }
}
